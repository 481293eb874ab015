import { assert } from '../../shared/errors.ts';
import type { EncodeResult } from '../../shared/gen/clipgrid/v1/task.ts';
import { filmSpec } from './job-shape.ts';
import type { JobSpec } from './job.ts';
import { unsignedInput } from './object-input.ts';
import type { PlanSummary } from './planner.ts';
import type { Artifact, ClipOutput, NewTask, TaskOutput } from './task.ts';

export interface MergeInput {
  readonly spec: JobSpec;
  readonly plan: PlanSummary;
  /** Outputs of the encode tasks, by clip. */
  readonly encodes: readonly ClipOutput[];
  readonly audio?: TaskOutput;
}

const MERGE_TIMEOUT_S = 6 * 3600;

function artifactNamed(output: TaskOutput, name: string): Artifact {
  const artifact = output.artifacts.find((candidate) => candidate.name === name);
  assert(artifact !== undefined, `a committed task has the artifact ${name}`);
  return artifact;
}

interface Piece {
  readonly artifact: Artifact;
  readonly result: EncodeResult;
}

/** What holds a clip's frames, in their order: its parts, and the segment behind them. */
function piecesOf(output: ClipOutput): Piece[] {
  assert(output.result.kind?.$case === 'encode', 'an encode task leaves an encode result');
  const segment = { artifact: artifactNamed(output, 'segment'), result: output.result.kind.value };
  return [...(output.parts ?? []), segment];
}

/** Whether all pieces are the same kind of stream with the same headers, as those found that decoded them. */
function agree(results: readonly EncodeResult[]): boolean {
  const kinds = results.map(({ format, extradataSha256 }) => JSON.stringify([format, extradataSha256]));
  return new Set(kinds).size === 1;
}

/**
 * The last task of a job. Time stamps come back when no clip's script changed the number of frames (M4); else the time
 * follows the script's node.
 */
export function mergeTask(input: MergeInput): NewTask {
  const pieces = input.encodes.flatMap(piecesOf);
  const results = pieces.map((piece) => piece.result);
  const segmentFrames = results.map((result) => result.frameCount);
  const frameCount = segmentFrames.reduce((sum, count) => sum + count, 0);
  const { index, sidecar } = input.plan;
  assert(index !== undefined, 'a job whose clips are merged has an index');
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
          segments: pieces.map((piece) => unsignedInput(piece.artifact)),
          index: unsignedInput(index),
          sidecar: sidecar ? unsignedInput(sidecar) : undefined,
          audio: audio ? unsignedInput(audio) : undefined,
          frameCount,
          segmentFrames,
          segmentInputs: results.map((result) => result.inputFrames),
          segmentRates: results.map((result) => result.outputRate ?? { num: 0, den: 1 }),
          container: filmSpec(input.spec).container,
          constantRate: filmSpec(input.spec).constantRate === true,
          segmentsAgree: agree(results),
          restoreTimestamps: results.every((result) => result.frameCount === result.inputFrames),
          timeoutSeconds: MERGE_TIMEOUT_S,
        },
      },
    },
  };
}
