import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { Fact } from '../../ui/fact.tsx';
import { bytes, count, rate } from '../../ui/format.ts';
import { clockText } from './axis.ts';
import { countStates, doneShare, type Task, type TaskState } from './job-picture.ts';
import type { StripClip } from './strip-layout.ts';
import type { Thumbnails } from './thumbnails.ts';
import { STATE_WORDS, taskName } from './words.ts';

/** `0:12 to 0:20`, or frames where the length of the film is not known. */
export function spanText(
  { start, end }: Pick<StripClip, 'start' | 'end'>,
  secondsPerFrame: number | null,
): string {
  if (secondsPerFrame === null) return `frames ${count(start)} to ${count(end - 1)}`;
  const isFine = (end - start) * secondsPerFrame < 2;
  return `${clockText(start * secondsPerFrame, isFine)} to ${clockText(end * secondsPerFrame, isFine)}`;
}

interface HoverCardProps {
  readonly clips: readonly StripClip[];
  /** Middle of the block, and the width of the strip. */
  readonly at: { readonly x: number; readonly width: number };
  readonly secondsPerFrame: number | null;
  readonly thumbnails: Thumbnails;
}

const CARD_PX = 264;

/** What is under the pointer, or under the keyboard's cursor. */
export function HoverCard({ clips, at, secondsPerFrame, thumbnails }: HoverCardProps): JSX.Element | null {
  const [first, last] = [clips[0], clips.at(-1)];
  if (!first || !last) return null;
  const left = Math.min(Math.max(0, at.x - CARD_PX / 2), Math.max(0, at.width - CARD_PX));
  const span = spanText({ start: first.start, end: last.end }, secondsPerFrame);
  const frames = `${count(last.end - first.start)} frames`;
  return (
    <div class="hover-card card" aria-hidden="true" style={{ left: `${left}px` }}>
      {clips.length === 1 ? (
        <One task={first.task} span={span} frames={frames} thumbnails={thumbnails} />
      ) : (
        <Many clips={clips} span={span} frames={frames} />
      )}
    </div>
  );
}

interface OneProps {
  readonly task: Task;
  readonly span: string;
  readonly frames: string;
  readonly thumbnails: Thumbnails;
}

function One({ task, span, frames, thumbnails }: OneProps): JSX.Element {
  const { clip_index: index, state, attempts, agent, fps } = task;
  return (
    <>
      {index !== null && state === 'succeeded' && (
        <Picture key={index} url={thumbnails.urlOf(index)} alt={`A picture of ${taskName(task)}`} />
      )}
      <strong>
        <Swatch state={state} /> {taskName(task)} · {STATE_WORDS[state]}
      </strong>
      <dl>
        <Fact name="Film">{span}</Fact>
        <Fact name="Frames">
          {state === 'leased'
            ? `${count(task.frames_done)} of ${count(task.frames_total)} (${Math.floor(100 * doneShare(task))} %)`
            : frames}
        </Fact>
        {agent !== null && state !== 'ready' && <Fact name="Agent">{agent}</Fact>}
        {state === 'leased' && fps > 0 && <Fact name="Speed">{rate(fps)} fps</Fact>}
        {state === 'leased' && task.phase !== '' && <Fact name="Phase">{task.phase}</Fact>}
        {attempts > 0 && <Fact name="Attempts">{attempts}</Fact>}
        {task.size_bytes !== null && <Fact name="Size">{bytes(task.size_bytes)}</Fact>}
      </dl>
      {task.failure && <p class="problem">{task.failure.message}</p>}
    </>
  );
}

function Many({
  clips,
  span,
  frames,
}: {
  clips: readonly StripClip[];
  span: string;
  frames: string;
}): JSX.Element {
  const counts = countStates(clips.map(({ task }) => task));
  const states = Object.keys(counts) as TaskState[];
  const [first, last] = [clips[0]?.task, clips.at(-1)?.task];
  return (
    <>
      <strong>
        Clips {(first?.clip_index ?? 0) + 1} to {(last?.clip_index ?? 0) + 1}
      </strong>
      <dl>
        <Fact name="Film">{span}</Fact>
        <Fact name="Frames">{frames}</Fact>
        {states
          .filter((state) => counts[state] > 0)
          .map((state) => (
            <Fact key={state} name={STATE_WORDS[state]}>
              <Swatch state={state} /> {count(counts[state])}
            </Fact>
          ))}
      </dl>
      <p class="quiet">Click to come closer.</p>
    </>
  );
}

/** Nothing where there is no picture. */
export function Picture({ url, alt }: { url: string; alt: string }): JSX.Element | null {
  const isMissing = useSignal(false);
  useEffect(() => {
    isMissing.value = false;
  }, [url]);
  return isMissing.value ? null : (
    <img class="clip-picture" src={url} alt={alt} onError={() => (isMissing.value = true)} />
  );
}

/** The colour and pattern of a state, as on the strip. */
export function Swatch({ state }: { state: TaskState }): JSX.Element {
  return <span class="swatch" data-state={state} aria-hidden="true" />;
}
