import type { ProbeResult } from '../../shared/gen/clipgrid/v1/task.ts';
import { isHardwareEncoder } from '../../shared/hardware-encoder.ts';
import type { JobSpec, MediaSpec } from './job.ts';
import { unsignedInput } from './object-input.ts';
import { encodeCommand, indexTask, type Plan } from './planner.ts';
import { previewTask } from './preview-plan.ts';
import { commandRequirements } from './requirements.ts';
import type { NewTask } from './task.ts';

const WHOLE_TIMEOUT_S = 48 * 3600;

/** The first task of a job: it looks at the source. */
export function firstTask(spec: JobSpec): NewTask {
  if (spec.shape === 'preview') return previewTask(spec);
  return spec.shape === 'media' ? probeTask(spec) : indexTask(spec);
}

function probeTask({ source }: MediaSpec): NewTask {
  return {
    kind: 'probe',
    requires: ['program:ffmpeg'],
    framesTotal: 0,
    // Reads little of it, however large it is.
    cost: 1,
    spec: { kind: { $case: 'probe', value: { source: unsignedInput(source) } } },
  };
}

/**
 * What an agent must have proved to run the command. A software encoder, or filter, that no agent has is not waited for: it is a wrong
 * word in the command, which ffmpeg will say at once. `known`: capabilities of all agents that are online.
 */
export function mediaRequirements(
  { command }: Pick<MediaSpec, 'command'>,
  known: ReadonlySet<string>,
): string[] {
  return commandRequirements(command).filter((item) => {
    const [kind, name = ''] = item.split(':');
    const isWord = kind === 'encoder' || kind === 'filter';
    return !isWord || isHardwareEncoder(name) || known.has(item);
  });
}

/** The second and last stage of a media job, from what the probe told. */
export function mediaPlan(spec: MediaSpec, probe: ProbeResult, known: ReadonlySet<string>): Plan {
  const { frameCount, durationSeconds: durationS, hasVideo } = probe;
  const task: NewTask = {
    kind: 'media',
    requires: mediaRequirements(spec, known),
    framesTotal: frameCount,
    cost: frameCount,
    spec: {
      kind: {
        $case: 'media',
        value: {
          source: unsignedInput(spec.source),
          command: encodeCommand(spec.command),
          timeoutSeconds: spec.timeoutS ?? WHOLE_TIMEOUT_S,
          frameCount,
          hasVideo,
          attachments: [...(spec.attachments ?? [])],
        },
      },
    },
  };
  return { summary: { frameCount, durationS }, tasks: [task] };
}
