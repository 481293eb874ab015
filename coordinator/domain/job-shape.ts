import { GridError } from '../../shared/errors.ts';
import { fileArtifact } from '../../shared/file-names.ts';
import type { FilmSpec, JobShape, JobSpec } from './job.ts';
import type { Artifact, TaskOutput } from './task.ts';

/** Jobs that were stored before there were shapes are films. */
export function shapeOf(spec: JobSpec): JobShape {
  return spec.shape ?? 'film';
}

/** Whether a task joins the parts when they are all there; else the job ends with them. */
export function hasClose(spec: JobSpec): boolean {
  return CLOSES[shapeOf(spec)];
}

const CLOSES: Readonly<Record<JobShape, boolean>> = {
  film: true,
  media: false,
  index: false,
  preview: false,
};

/** Of a job that ends with its parts, the file that is its result, of what they left; undefined: there is none. */
export function resultFile(spec: JobSpec, outputs: readonly TaskOutput[]): Artifact | undefined {
  if (spec.shape !== 'media') return undefined;
  const name = fileArtifact(spec.command.outputName);
  return outputs.flatMap((output) => output.artifacts).find((artifact) => artifact.name === name);
}

/** The spec of a job that is made of clips. `failed_precondition` for any other. */
export function filmSpec(spec: JobSpec): FilmSpec {
  if (spec.shape === undefined || spec.shape === 'film') return spec;
  throw new GridError('failed_precondition', `a job of shape ${spec.shape} is not made of clips`);
}
