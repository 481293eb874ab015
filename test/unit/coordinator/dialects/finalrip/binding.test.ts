import { describe, expect, test } from 'vitest';
import { bind, jsonParameters, STRUCTS } from '../../../../../coordinator/dialects/finalrip/binding.ts';

type StructName = keyof typeof STRUCTS;
type Given = Readonly<Record<string, string>>;

const bound = (name: StructName, given: Given) => bind(STRUCTS[name], new Map(Object.entries(given)));
const messageOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
  return 'nothing was thrown';
};
const required = (struct: string, field: string): string =>
  `Key: '${struct}.${field}' Error:Field validation for '${field}' failed on the 'required' tag`;

const REFUSED: readonly (readonly [string, StructName, Given, string])[] = [
  ['new without a key', 'new', {}, required('NewRequest', 'VideoKey')],
  ['new with an empty key', 'new', { video_key: '' }, required('NewRequest', 'VideoKey')],
  ['clear, which shares its struct with new', 'clear', {}, required('NewRequest', 'VideoKey')],
  ['progress', 'progress', {}, required('ProgressRequest', 'VideoKey')],
  ['oss/presigned', 'presigned', {}, required('OSSPresignedRequest', 'VideoKey')],
  ['retry/merge', 'retryMerge', {}, required('RetryMergeRequest', 'VideoKey')],
  [
    'start: a line a field, in the order of the table',
    'start',
    {},
    ['EncodeParam', 'Script', 'VideoKey'].map((field) => required('StartRequest', field)).join('\n'),
  ],
  [
    'start without a script',
    'start',
    { encode_param: 'x', video_key: 'k' },
    required('StartRequest', 'Script'),
  ],
  [
    'retry/encode: the index must be present',
    'retryEncode',
    { video_key: 'k' },
    required('RetryEncodeRequest', 'Index'),
  ],
  [
    'retry/encode: both',
    'retryEncode',
    {},
    ['VideoKey', 'Index'].map((f) => required('RetryEncodeRequest', f)).join('\n'),
  ],
  [
    'list: three flags',
    'list',
    {},
    ['Completed', 'Pending', 'Running'].map((field) => required('ListRequest', field)).join('\n'),
  ],
  ['list without one', 'list', { completed: '', pending: 'true' }, required('ListRequest', 'Running')],
  [
    'a parse error comes alone and before missing fields',
    'start',
    { slice: 'yes' },
    'strconv.ParseBool: parsing "yes": invalid syntax',
  ],
  [
    'a flag in another case',
    'list',
    { completed: 'tRUE' },
    'strconv.ParseBool: parsing "tRUE": invalid syntax',
  ],
  ['a fraction', 'start', { timeout: '1.5' }, 'strconv.ParseInt: parsing "1.5": invalid syntax'],
  ['blanks around a number', 'start', { timeout: ' 1' }, 'strconv.ParseInt: parsing " 1": invalid syntax'],
  [
    'a number beyond 64 bits',
    'retryEncode',
    { index: '9223372036854775808' },
    'strconv.ParseInt: parsing "9223372036854775808": value out of range',
  ],
  [
    'control characters in a key',
    'new',
    { video_key: 'a\nb' },
    'video_key is not valid: it has control characters',
  ],
  ['what was no UTF-8', 'new', { video_key: 'a\uFFFD' }, 'video_key is not valid: it is not valid UTF-8'],
  [
    'a key that leaves no room for endings',
    'new',
    { video_key: 'ä'.repeat(496) },
    'video_key is not valid: it has 992 bytes, at most 990 are allowed',
  ],
];

describe('binding (2.4, 2.5)', () => {
  test.each(REFUSED)('%s', (_title, struct, given, message) => {
    expect(messageOf(() => bound(struct, given))).toBe(message);
  });

  test.each(['1', 't', 'T', 'TRUE', 'true', 'True'])('%s is true', (text) => {
    expect(
      bound('start', { encode_param: 'x', script: 'x', video_key: 'k', slice: text }).flag('slice'),
    ).toBe(true);
  });

  test.each(['0', 'f', 'F', 'FALSE', 'false', 'False', ''])('%j is false', (text) => {
    expect(
      bound('start', { encode_param: 'x', script: 'x', video_key: 'k', slice: text }).flag('slice'),
    ).toBe(false);
  });

  test('absent is neither', () => {
    expect(bound('start', { encode_param: 'x', script: 'x', video_key: 'k' }).flag('slice')).toBeUndefined();
  });

  test.each([
    ['', 0],
    ['+7', 7],
    ['-3', -3],
    ['0012', 12],
    ['9223372036854775807', 2 ** 63],
  ])('the index %j is %d', (text, value) => {
    expect(bound('retryEncode', { video_key: 'k', index: text }).number('index')).toBe(value);
  });

  test('white space counts as present, and texts stay as they are', () => {
    expect(bound('new', { video_key: ' ' }).text('video_key')).toBe(' ');
  });
});

describe('JSON bodies (2.4, rule 5)', () => {
  const read = (name: StructName, value: unknown) =>
    Object.fromEntries(jsonParameters(STRUCTS[name], JSON.stringify(value)));

  test.each([
    ['snake case', { video_key: 'a' }],
    ['Go’s names', { VideoKey: 'a' }],
    ['Go’s names in any case', { videokey: 'a' }],
    ['both: snake case wins', { VideoKey: 'b', video_key: 'a' }],
    ['null is absent', { VideoKey: 'a', video_key: null }],
    ['unknown fields', { video_key: 'a', more: { deep: 1 } }],
  ])('%s', (_title, body) => {
    expect(read('new', body)).toEqual({ video_key: 'a' });
  });

  test('numbers and booleans are taken as their text', () => {
    const body = { video_key: 'a', EncodeParam: 'p', Script: 's', slice: false, Timeout: 20, queue: 'x' };
    expect(read('start', body)).toEqual({
      video_key: 'a',
      encode_param: 'p',
      script: 's',
      slice: 'false',
      timeout: '20',
      queue: 'x',
    });
  });

  test('an empty body is EOF', () => {
    expect(() => jsonParameters(STRUCTS.new, '')).toThrow(/^EOF$/);
  });

  test.each(['{', '[1]', '"a"', 'null', '{"video_key":{}}'])('%s is refused', (text) => {
    expect(() => jsonParameters(STRUCTS.new, text)).toThrow(Error);
  });
});
