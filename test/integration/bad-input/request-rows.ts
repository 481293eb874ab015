import type { RequestRow } from './rows.ts';

const X264 = 'ffmpeg -i - -c:v libx264';
const MIB = 1024 * 1024;
const INVALID = { status: 400, code: 'invalid_argument' } as const;

/** A job with something else in it. */
function job(change: object): object {
  return { upload_id: '@upload', encode: X264, ...change };
}

const text = (body: object): string => JSON.stringify(body);

export const BODY_ROWS: readonly RequestRow[] = [
  { name: 'no body', ...INVALID, field: 'upload_id', says: 'upload_id is missing' },
  { name: 'an array', body: [], ...INVALID, field: '(the body)', value: [], says: 'expected object' },
  { name: 'null', raw: 'null', ...INVALID, field: '(the body)', value: null, says: 'expected object' },
  { name: 'a text', body: 'job', ...INVALID, field: '(the body)', value: 'job', says: 'expected object' },
  { name: 'no JSON', raw: '{"upload_id":', ...INVALID, field: '(the body)', says: 'is not JSON' },
  {
    name: 'NaN',
    raw: text(job({})).replace('}', ',"priority":NaN}'),
    ...INVALID,
    field: '(the body)',
    says: 'is not JSON',
  },
  {
    name: 'invalid UTF-8',
    raw: Buffer.concat([Buffer.from('{"upload_id":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
    ...INVALID,
    field: '(the body)',
    says: 'is not valid UTF-8',
  },
  {
    name: '10 MB',
    raw: 'x'.repeat(10 * MIB),
    status: 413,
    code: 'too_large',
    field: '(the body)',
    value: `${10 * MIB} bytes`,
    says: `larger than the limit of ${2 * MIB} bytes`,
  },
  {
    name: '10 MB without a length',
    raw: 'x'.repeat(10 * MIB),
    streamed: true,
    status: 413,
    code: 'too_large',
    field: '(the body)',
    value: /^\d+ bytes$/,
    says: `larger than the limit of ${2 * MIB} bytes`,
  },
  {
    name: 'nested without end',
    raw: `${'['.repeat(200_000)}${']'.repeat(200_000)}`,
    ...INVALID,
    field: '(the body)',
    says: /is not JSON|expected object/,
  },
  ...['text/plain', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded', 'nonsense'].map(
    (type): RequestRow => ({
      name: `the content type ${type}`,
      raw: text(job({})),
      headers: { 'content-type': type },
      status: 415,
      code: 'unsupported',
      field: 'Content-Type',
      value: type,
      says: `the content type is ${type}: send application/json`,
    }),
  ),
];

/** One field that is wrong: its path, its value, what is said. */
const FIELDS: readonly (readonly [string, unknown, string])[] = [
  ['encode', undefined, 'encode is missing'],
  ['encode', 7, 'expected string'],
  ['encode', '', 'Too small'],
  ['encode', 'x'.repeat(33_000), 'Too big'],
  ['encode', `${X264} \ud800`, 'must be valid Unicode without NUL'],
  ['upload_id', 5, 'expected string'],
  ['upload_id', '../../etc/passwd', 'Invalid UUID'],
  ['name', '', 'Too small'],
  ['name', 'x'.repeat(501), 'Too big'],
  ['name', 'a\u0007b', 'must not hold control characters'],
  ['name', 'a\0b', 'must be valid Unicode without NUL'],
  ['name', 'a\ud800b', 'must be valid Unicode without NUL'],
  ['script', ['x'], 'expected string'],
  ['script', 'a\0b', 'must be valid Unicode without NUL'],
  ['script', 'x'.repeat(257 * 1024), 'Too big'],
  ['container', 'avi', 'expected one of "matroska"|"mp4"'],
  ['priority', '3', 'expected number'],
  ['priority', -1, 'Too small'],
  ['priority', 1.5, 'expected int'],
  ['priority', 1e308, 'expected'],
  ['timeout_seconds', 0, 'Too small'],
  ['timeout_seconds', 1e20, 'Too big'],
  ['clips', 'auto', 'expected object'],
  ['clips.mode', 'half', 'expected one of "auto"|"whole"'],
  ['clips.target_seconds', 1e9, 'Too big'],
  ['clips.size', 3, 'there is no such field'],
  ['encoder', 'x264', 'there is no such field'],
  ['constructor', {}, 'there is no such field'],
];

function nested(path: string, value: unknown): object {
  const [outer = '', inner] = path.split('.');
  return { [outer]: inner === undefined ? value : { [inner]: value } };
}

function shownValue(value: unknown): unknown {
  return typeof value === 'string' && value.length > 200 ? /^x{200}\.\.\.$/ : value;
}

export const FIELD_ROWS: readonly RequestRow[] = FIELDS.map(([field, value, says]) => ({
  name: `${field} = ${(JSON.stringify(value) ?? 'missing').slice(0, 40)}`,
  body: job(nested(field, value)),
  ...INVALID,
  field,
  value: shownValue(value),
  says,
}));
