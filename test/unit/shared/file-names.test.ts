import { expect, test } from 'vitest';
import { fileArtifact, fileName, fileNameProblem } from '../../../shared/file-names.ts';

test.each(['a.mp4', 'seg 001.ts', '-dash', '.hidden', '...', 'ünïcode.m4s', 'a'.repeat(200)])(
  '%j can be the name of a file',
  (name) => {
    expect(fileNameProblem(name)).toBeUndefined();
    expect(fileName({ name: fileArtifact(name) })).toBe(name);
  },
);

test.each([
  ['', 'no file'],
  ['.', 'no file'],
  ['..', 'no file'],
  ['a/b', 'slash'],
  ['/etc/passwd', 'slash'],
  ['..\\x', 'slash'],
  ['a\0b', 'control'],
  ['a\nb', 'control'],
  ['a\u0085b', 'control'],
  ['a\ud800b', 'no text'],
  ['a'.repeat(201), '201 bytes'],
  ['ü'.repeat(101), '202 bytes'],
])('%j cannot', (name, why) => {
  expect(fileNameProblem(name)).toContain(why);
});

test('only an artifact of the prefix is a file', () => {
  expect(['result', 'file', 'segment'].map((name) => fileName({ name }))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
