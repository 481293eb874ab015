import { expect, test } from 'vitest';
import { checkAnnounced, checkBrought } from '../../../../coordinator/grid/brought-artifacts.ts';

const named = (...names: string[]) =>
  names.map((name) => ({ name, sha256: 'a'.repeat(64), md5: 'b'.repeat(32), sizeBytes: 1 }));
const files = (count: number) =>
  named(...Array.from({ length: count }, (_, number) => `file/seg-${number}.ts`));

test('each kind brings what its table says, and nothing else', () => {
  checkBrought('index', named('index', 'sidecar'));
  checkBrought('probe', []);
  checkBrought('merge', named('result'));
  expect(() => checkBrought('index', named('sidecar'))).toThrow('index is missing');
  expect(() => checkBrought('probe', named('index'))).toThrow('a probe task brings nothing, not "index"');
  expect(() => checkBrought('encode', named('segment', 'file/x'))).toThrow('not "file/x"');
  expect(() => checkBrought('encode', named('segment', 'segment'))).toThrow('twice');
});

test('a task that writes files brings 1 to 4,000 of them, with flat names', () => {
  checkBrought('media', files(1));
  checkBrought('media', files(4_000));
  expect(() => checkBrought('media', [])).toThrow('at least one file');
  expect(() => checkBrought('media', files(4_001))).toThrow('at most 4000 files, not 4001');
  expect(() => checkBrought('media', named('file/../x'))).toThrow('slash');
  expect(() => checkBrought('media', named('result'))).toThrow('a media task brings file/NAME, not "result"');
});

test('upload rights may be asked for in batches, in which something is missing', () => {
  checkAnnounced('index', named('sidecar'));
  checkAnnounced('media', files(3));
  expect(() => checkAnnounced('media', [{ ...named('file/x')[0]!, sizeBytes: 0 }])).toThrow('a size above 0');
  expect(() => checkAnnounced('media', [{ ...named('file/x')[0]!, md5: 'x' }])).toThrow('an md5');
});
