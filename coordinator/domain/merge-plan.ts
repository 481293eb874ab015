import { assert } from '../../shared/errors.ts';
import type { JobSpec } from './job.ts';
import { unsignedInput } from './object-input.ts';
import type { PlanSummary } from './planner.ts';
import type { Artifact, NewTask, TaskOutput } from './task.ts';

export interface MergeInput {
  readonly spec: JobSpec;
  readonly plan: PlanSummary;
  /** Outputs of the encode tasks, by clip. */
  readonly encodes: readonly TaskOutput[];
  readonly audio?: TaskOutput;
}

const MERGE_TIMEOUT_S = 6 * 3600;

function artifactNamed(output: TaskOutput, name: string): Artifact {
  const artifact = output.artifacts.find((candidate) => candidate.name === name);
  assert(artifact !== undefined, `a committed task has the artifact ${name}`);
  return artifact;
}

/**
 * The last task of a job. Time stamps come back when no clip's script changed the number of frames (M4); else the time
 * follows the script's node.
 */
export function mergeTask(input: MergeInput): NewTask {
  const results = input.encodes.map((output) => {
    assert(output.result.kind?.$case === 'encode', 'an encode task leaves an encode result');
    return output.result.kind.value;
  });
  const segmentFrames = results.map((result) => result.frameCount);
  const frameCount = segmentFrames.reduce((sum, count) => sum + count, 0);
  const { sidecar } = input.plan;
  const audio = input.audio && artifactNamed(input.audio, 'audio');
  return {
    kind: 'merge',
    requires: ['program:ffmpeg'],
    framesTotal: frameCount,
    cost: frameCount,
    spec: {
      kind: {
        $case: 'merge',
        value: {
          segments: input.encodes.map((output) => unsignedInput(artifactNamed(output, 'segment'))),
          index: unsignedInput(input.plan.index),
          sidecar: sidecar ? unsignedInput(sidecar) : undefined,
          audio: audio ? unsignedInput(audio) : undefined,
          frameCount,
          segmentFrames,
          segmentInputs: results.map((result) => result.inputFrames),
          segmentRates: results.map((result) => result.outputRate ?? { num: 0, den: 1 }),
          container: input.spec.container,
          restoreTimestamps: results.every((result) => result.frameCount === result.inputFrames),
          timeoutSeconds: MERGE_TIMEOUT_S,
        },
      },
    },
  };
}
