import { computed, signal, type ReadonlySignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import { useApp } from '../../app/context.ts';
import { count } from '../../ui/format.ts';
import { agentLanes, lanesSpan } from './agent-lanes.ts';
import { isEnded, type JobPicture, type Task } from './job-picture.ts';
import { hitLane, lanesHeight, paintLanes, type LanesScene } from './lanes-painter.ts';
import { useCanvas } from './use-canvas.ts';
import { taskName, taskSentence } from './words.ts';

interface LanesViewProps {
  readonly picture: ReadonlySignal<JobPicture | undefined>;
  readonly open: (task: Task) => void;
}

/** Who did what when: one lane an agent, on the clock. The list of tasks tells the same to those who do not see it. */
export function LanesView({ picture, open }: LanesViewProps): JSX.Element {
  const { now } = useApp();
  const canvas = useRef<HTMLCanvasElement>(null);
  const at = useMemo(() => signal<{ x: number; y: number } | undefined>(undefined), []);
  const width = useMemo(() => signal(0), []);
  const scene: ReadonlySignal<LanesScene> = useMemo(
    () =>
      computed(() => {
        const shown = picture.value;
        const ended = !shown || isEnded(shown.job);
        const nowMs = ended ? Date.parse(shown?.job.finished_at ?? '') || 0 : now.value;
        const lanes = agentLanes(shown?.tasks ?? [], nowMs);
        return { lanes, span: lanesSpan(lanes), widthPx: width.value, at: at.value };
      }),
    [picture],
  );
  useCanvas({
    canvas,
    resized: (wide) => (width.value = wide),
    scene: () => scene.value,
    height: ({ lanes }) => lanesHeight(lanes),
    paint: paintLanes,
  });
  const { lanes } = scene.value;
  const hit = at.value && hitLane(scene.value, at.value);
  const point = ({ offsetX: x, offsetY: y }: MouseEvent): void => {
    at.value = { x, y };
  };
  return (
    <div class="lanes">
      <div class="lanes-place" role="group" tabIndex={0} aria-label="Agents on the clock">
        <canvas
          ref={canvas}
          role="img"
          aria-label={`What ${count(lanes.length)} ${lanes.length === 1 ? 'agent' : 'agents'} did, on the clock; the list of tasks tells the same`}
          onMouseMove={point}
          onMouseLeave={() => (at.value = undefined)}
          onClick={() => hit && open(hit.task)}
        />
      </div>
      <p class="lanes-hint" aria-hidden="true">
        {hit
          ? `${taskName(hit.task)}: ${taskSentence(hit.task)}`
          : lanes.length === 0
            ? 'No agent has begun yet.'
            : 'Each row is an agent, each bar the last attempt of a task. Point at one, or click it.'}
      </p>
    </div>
  );
}
