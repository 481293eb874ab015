import { invalid } from '../errors.ts';
import { checkArguments } from './argument-rules.ts';
import { commanderArguments } from './commander.ts';
import { shellWords } from './shell-words.ts';

/** What a preset makes of a source: one run of ffmpeg, or two over the same source. */
export interface PresetCommand {
  /** Of each run: the options between the input and the output, without `-y`. */
  readonly argv: readonly string[];
  readonly isTwoPass: boolean;
}

const MAX_DATA_CHARS = 64 * 1024;
const MAX_WORDS = 500;
function parse(data: string): Readonly<Record<string, unknown>> {
  if (data.length > MAX_DATA_CHARS)
    throw invalid(`data is not valid: it is longer than ${MAX_DATA_CHARS} characters`);
  let json: unknown;
  try {
    json = JSON.parse(data);
  } catch (error) {
    throw invalid(`data is not valid JSON: ${error instanceof Error ? error.message : ''}`);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw invalid('data is not valid: it must be a JSON object');
  return json as Readonly<Record<string, unknown>>;
}

function rawElements(raw: unknown): readonly string[] | undefined {
  if (raw === undefined || raw === null) return undefined;
  if (!Array.isArray(raw) || raw.some((element) => typeof element !== 'string'))
    throw invalid('data is not valid: raw must be a list of texts');
  return raw.length === 0 ? undefined : (raw as string[]);
}

/** Reads a preset's `data` (contract 3.5) and holds it to what may be run. Throws 400 with what is wrong. */
export function presetCommand(data: string): PresetCommand {
  const json = parse(data);
  const raw = rawElements(json['raw']);
  if (raw !== undefined) {
    const argv = checkArguments(raw.flatMap(shellWords));
    if (argv.length > MAX_WORDS) throw invalid(`data is not valid: it has more than ${MAX_WORDS} words`);
    return { argv, isTwoPass: false };
  }
  const { argv, isTwoPass } = commanderArguments(json);
  return { argv: checkArguments(argv), isTwoPass };
}

/** A name for the file of a result: no path, no option, nothing that a program takes for an address or a list. */
export function checkOutputName(output: string): string {
  const isPlain = !/[/\\\p{Cc}]/u.test(output) && output !== '.' && output !== '..';
  if (!isPlain) throw invalid(`output is ${JSON.stringify(output)}: give a file name without a path`);
  if (output.startsWith('-') || output.includes(':'))
    throw invalid(`output is ${JSON.stringify(output)}: it must not start with - or hold a colon`);
  if (Buffer.byteLength(output) > 200) throw invalid('output is longer than 200 bytes');
  return output;
}
