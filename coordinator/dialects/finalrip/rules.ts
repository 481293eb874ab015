import { checkPrograms, programName, withOutput } from '../../../shared/command-policy.ts';
import { splitCommand } from '../../../shared/command-words.ts';
import { GridError } from '../../../shared/errors.ts';
import type { CommandSpec, FilmSpec, ScriptSpec, SourceRef } from '../../domain/job.ts';
import type { ClipChange } from '../../grid/face.ts';
import { FinalripError, MESSAGES } from './messages.ts';
import { OUTPUT_NAME, SOURCE_NAME, SOURCE_VARIABLE } from './names.ts';

/** Whether the last program is ffmpeg, judged without the quoting rules: those have a message of their own. */
function lastIsFfmpeg(text: string): boolean {
  const last = text.split('|').at(-1)?.trim() ?? '';
  return programName(last.split(/\s/, 1)[0] ?? '') === 'ffmpeg';
}

/** Rules 3 to 5 of `start`, in their order. `encodeParam` is already trimmed; the output name is added where it can be. */
export function checkTexts(script: string, encodeParam: string): CommandSpec {
  if (!script.includes(SOURCE_VARIABLE)) throw new FinalripError(MESSAGES.noSourceVariable);
  if (!encodeParam.includes(OUTPUT_NAME) && !lastIsFfmpeg(encodeParam))
    throw new FinalripError(MESSAGES.noOutput);
  if (/[\r\n]/.test(encodeParam)) throw new FinalripError(MESSAGES.lineBreak);
  try {
    const programs = checkPrograms(splitCommand(encodeParam));
    const completed = encodeParam.includes(OUTPUT_NAME) ? programs : withOutput(programs, OUTPUT_NAME);
    if (completed === undefined) throw new FinalripError(MESSAGES.noOutput);
    return { text: encodeParam, programs: completed, outputName: OUTPUT_NAME };
  } catch (error) {
    if (error instanceof GridError) throw new FinalripError(MESSAGES.notAllowed + error.message);
    throw error;
  }
}

/** Trailing white space of any kind goes; the rest stays byte for byte. */
export function trimParam(encodeParam: string): string {
  return encodeParam.replace(/\s+$/u, '');
}

export function scriptSpec(text: string): ScriptSpec {
  return { text, sourceVariable: SOURCE_VARIABLE, sourceName: SOURCE_NAME };
}

/** Minutes above 1 count; everything else is automatic (section 2.7, start). Seconds. */
export function timeoutS(minutes: number): number | undefined {
  return minutes > 1 ? Math.min(minutes * 60, 2 ** 31) : undefined;
}

/** The priority class of a queue name. */
export function priorityOf(queue: string): number {
  return queue === 'priority' ? 10 : 0;
}

export interface StartInput {
  readonly source: SourceRef;
  readonly script: string;
  readonly command: CommandSpec;
  readonly slice: boolean | undefined;
  readonly timeoutMinutes: number;
}

/** A `start` in the grid's words. Segments stay: their URLs are part of the answers until `clear`. */
export function startSpec(input: StartInput): FilmSpec {
  const whole = input.slice === false;
  const limit = whole ? undefined : timeoutS(input.timeoutMinutes);
  return {
    source: input.source,
    script: scriptSpec(input.script),
    command: input.command,
    container: 'matroska',
    clips: { mode: whole ? 'whole' : 'auto' },
    keepIntermediates: true,
    ...(limit === undefined ? {} : { encodeTimeoutS: limit, limitsWhole: false }),
  };
}

export interface RetryInput {
  readonly script: string;
  readonly encodeParam: string;
  readonly timeoutMinutes: number;
  readonly queue: string;
}

/** A `retry/encode` in the grid's words; both texts are given, so that those of an earlier retry do not stay. */
export function clipChange({ script, encodeParam, timeoutMinutes, queue }: RetryInput): ClipChange {
  const command = checkTexts(script, trimParam(encodeParam));
  const limit = timeoutS(timeoutMinutes);
  return {
    script: scriptSpec(script),
    command,
    ...(limit === undefined ? {} : { timeoutS: limit }),
    ...(queue === '' ? {} : { priority: priorityOf(queue) }),
  };
}
