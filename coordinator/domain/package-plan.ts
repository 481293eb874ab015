import { assert, GridError } from '../../shared/errors.ts';
import { numberedName, patternProblem } from '../../shared/numbered-names.ts';
import { fileNameProblem, MAX_FILES } from '../../shared/file-names.ts';
import { filmSpec } from './job-shape.ts';
import type { FilmSpec } from './job.ts';
import { mergeTask, type MergeInput } from './merge-plan.ts';
import type { NewTask } from './task.ts';

/** The last task of a job that is made of clips, from what its parts left: one result, or files. */
export function closeTask(input: MergeInput): NewTask {
  const merge = mergeTask(input);
  const { package: files } = filmSpec(input.spec);
  if (files === undefined) return merge;
  assert(merge.spec.kind?.$case === 'merge', 'a merge task joins the parts');
  const starts = [...(input.plan.fileStarts ?? [0])];
  const value = { parts: merge.spec.kind.value, starts, fileName: files.fileName };
  return { ...merge, kind: 'package', spec: { kind: { $case: 'package', value } } };
}

function refuse(field: string, value: unknown, why: string): never {
  throw new GridError('invalid_argument', `${field} ${JSON.stringify(value)}: ${why}`, {
    details: { field, value },
  });
}

/** Refuses, as `invalid_argument` with the field, what no film can be cut or packaged by. */
export function checkCuts({ clips: { borders }, package: files }: FilmSpec): void {
  if (borders && !(borders.everyS >= 0.001 && Number.isFinite(borders.everyS)))
    refuse('clips.borders.everyS', borders.everyS, 'an interval lasts 0.001 s or longer');
  if (borders && !(Number.isInteger(borders.perClip) && borders.perClip >= 1))
    refuse('clips.borders.perClip', borders.perClip, 'a clip has a whole number of intervals, 1 or more');
  if (files === undefined) return;
  if (borders === undefined) refuse('package', files, 'its files begin at clips.borders, which is missing');
  const { fileName } = files;
  const problem = patternProblem(fileName) ?? fileNameProblem(numberedName(fileName, MAX_FILES));
  if (problem !== undefined) refuse('package.fileName', fileName, problem);
}
