import { GridError } from '../../shared/errors.ts';
import { checkMediaCommand } from '../../shared/media-command.ts';
import { fileNameProblem } from '../../shared/file-names.ts';
import { checkCuts } from './package-plan.ts';
import type { CommandSpec, JobSpec } from './job.ts';

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

/** A spec as it may be submitted. Commands of films come checked: each dialect has an own list of programs. */
export function checkedSpec(spec: JobSpec): JobSpec {
  if (spec.shape === 'media') return { ...spec, command: checkedMediaCommand(spec.command) };
  if (spec.shape !== 'index' && spec.shape !== 'preview') checkCuts(spec);
  return spec;
}
