import { GridError } from '../../shared/errors.ts';
import { checkMediaCommand } from '../../shared/media-command.ts';
import { fileNameProblem } from '../../shared/file-names.ts';
import { checkSourceFilters } from '../../shared/source-filters.ts';
import { checkCuts } from './package-plan.ts';
import type { CommandSpec, FilmSpec, JobSpec } from './job.ts';

/** The name of a file that a command writes. Throws `invalid_argument`. */
export function checkOutputName(name: string): void {
  const problem = fileNameProblem(name);
  if (problem === undefined) return;
  const message = `the output ${JSON.stringify(name)} is not the name of a file: ${problem}`;
  throw new GridError('invalid_argument', message, { details: { field: 'output', value: name } });
}

/** A command on a whole source, with the bare names of its programs. Throws `invalid_argument` that says what is wrong. */
export function checkedMediaCommand(command: CommandSpec): CommandSpec {
  checkOutputName(command.outputName);
  return { ...command, programs: checkMediaCommand(command) };
}

/** Throws `invalid_argument`. */
function checkFilters({ filters = [], script }: FilmSpec): void {
  checkSourceFilters(filters);
  if (filters.length === 0 || script.text === '') return;
  const message = 'filters go with the pass-through only: a script filters by itself';
  throw new GridError('invalid_argument', message, {
    details: { field: 'filters', value: filters.join(',') },
  });
}

/** A spec as it may be submitted. Commands of films come checked: each dialect has an own list of programs. */
export function checkedSpec(spec: JobSpec): JobSpec {
  if (spec.shape === 'media') return { ...spec, command: checkedMediaCommand(spec.command) };
  if (spec.shape === 'index' || spec.shape === 'preview') return spec;
  checkFilters(spec);
  checkCuts(spec);
  return spec;
}
