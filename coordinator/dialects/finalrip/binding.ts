import { FinalripError, MESSAGES } from './messages.ts';
import { keyProblem } from './names.ts';

/** Parameters of a request, as text, after section 2.4: present or not, first value wins. */
export type Parameters = ReadonlyMap<string, string>;

interface Field {
  readonly name: string;
  /** Go's name of the field: how messages and JSON bodies call it. */
  readonly go: string;
  readonly type: 'text' | 'flag' | 'number';
  /** `value`: must not be empty; `presence`: must be there. */
  readonly required?: 'value' | 'presence';
}

interface Struct {
  readonly name: string;
  readonly fields: readonly Field[];
}

const KEY: Field = { name: 'video_key', go: 'VideoKey', type: 'text', required: 'value' };
const TIMEOUT: Field = { name: 'timeout', go: 'Timeout', type: 'number' };
const QUEUE: Field = { name: 'queue', go: 'Queue', type: 'text' };
const flag = (name: string, go: string): Field => ({ name, go, type: 'flag', required: 'presence' });

/** The requests of section 2.4, required fields in the table's order. */
export const STRUCTS = {
  new: { name: 'NewRequest', fields: [KEY] },
  clear: { name: 'NewRequest', fields: [KEY, { name: 'keep_source', go: 'KeepSource', type: 'flag' }] },
  start: {
    name: 'StartRequest',
    fields: [
      { name: 'encode_param', go: 'EncodeParam', type: 'text', required: 'value' },
      { name: 'script', go: 'Script', type: 'text', required: 'value' },
      KEY,
      { name: 'slice', go: 'Slice', type: 'flag' },
      TIMEOUT,
      QUEUE,
      { name: 'restart', go: 'Restart', type: 'flag' },
    ],
  },
  progress: { name: 'ProgressRequest', fields: [KEY] },
  presigned: { name: 'OSSPresignedRequest', fields: [KEY] },
  retryEncode: {
    name: 'RetryEncodeRequest',
    fields: [
      KEY,
      { name: 'index', go: 'Index', type: 'number', required: 'presence' },
      TIMEOUT,
      QUEUE,
      { name: 'script', go: 'Script', type: 'text' },
      { name: 'encode_param', go: 'EncodeParam', type: 'text' },
    ],
  },
  retryMerge: { name: 'RetryMergeRequest', fields: [KEY] },
  list: {
    name: 'ListRequest',
    fields: [
      flag('completed', 'Completed'),
      flag('pending', 'Pending'),
      flag('running', 'Running'),
      { name: 'limit', go: 'Limit', type: 'number' },
      { name: 'offset', go: 'Offset', type: 'number' },
      { name: 'q', go: 'Q', type: 'text' },
    ],
  },
} as const satisfies Record<string, Struct>;

/** A bound request: texts default to empty, numbers to 0; flags are undefined when absent. */
export interface Bound {
  text(name: string): string;
  number(name: string): number;
  flag(name: string): boolean | undefined;
}

const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False', '']);
const MAX_INT64 = 2n ** 63n - 1n;

function parseBool(text: string): boolean {
  if (TRUE.has(text)) return true;
  if (FALSE.has(text)) return false;
  throw new FinalripError(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
}

function parseInteger(text: string): number {
  if (text === '') return 0;
  const quoted = JSON.stringify(text);
  if (!/^[+-]?\d+$/.test(text))
    throw new FinalripError(`strconv.ParseInt: parsing ${quoted}: invalid syntax`);
  const value = BigInt(text.replace(/^\+/, ''));
  if (value > MAX_INT64 || value < -MAX_INT64 - 1n) {
    throw new FinalripError(`strconv.ParseInt: parsing ${quoted}: value out of range`);
  }
  return Number(value);
}

/** Binds parameters to a request: parse errors alone and first, then one line a missing field, then the key's own rules. */
export function bind(struct: Struct, parameters: Parameters): Bound {
  const flags = new Map<string, boolean>();
  const numbers = new Map<string, number>();
  for (const { name, type } of struct.fields) {
    const text = parameters.get(name);
    if (text === undefined) continue;
    if (type === 'flag') flags.set(name, parseBool(text));
    if (type === 'number') numbers.set(name, parseInteger(text));
  }
  const missing = struct.fields.filter(({ name, required }) => {
    const text = parameters.get(name);
    return required !== undefined && (text === undefined || (required === 'value' && text === ''));
  });
  if (missing.length > 0) {
    const line = ({ go }: Field): string =>
      `Key: '${struct.name}.${go}' Error:Field validation for '${go}' failed on the 'required' tag`;
    throw new FinalripError(missing.map(line).join('\n'));
  }
  const problem = keyProblem(parameters.get('video_key') ?? '');
  if (problem !== undefined) throw new FinalripError(MESSAGES.badKey + problem);
  return {
    text: (name) => parameters.get(name) ?? '',
    number: (name) => numbers.get(name) ?? 0,
    flag: (name) => flags.get(name),
  };
}

/** A JSON body's values: snake_case wins over Go's names, which match in any case; null is absent (2.4 rule 5). */
export function jsonParameters(struct: Struct, text: string): Parameters {
  if (text.trim() === '') throw new FinalripError('EOF');
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw new FinalripError(error instanceof Error ? error.message : 'invalid JSON');
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new FinalripError(
      `json: cannot unmarshal ${Array.isArray(body) ? 'array' : typeof body} into ${struct.name}`,
    );
  }
  const entries = Object.entries(body);
  const parameters = new Map<string, string>();
  for (const { name, go } of struct.fields) {
    const byGo = entries.find(([key]) => key.toLowerCase() === go.toLowerCase())?.[1] as unknown;
    const value = (body as Record<string, unknown>)[name] ?? byGo;
    if (value === undefined || value === null) continue;
    if (typeof value === 'object')
      throw new FinalripError(`json: cannot unmarshal object into ${struct.name}.${go}`);
    parameters.set(name, String(value as string | number | boolean));
  }
  return parameters;
}
