import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  clipKey,
  derivedFrom,
  derivedNames,
  encodedClipKey,
  keyProblem,
  ownerBucket,
  resultKey,
  rootOf,
} from '../../../../../coordinator/dialects/finalrip/names.ts';

describe('object names (2.6)', () => {
  test('are those of the contract', () => {
    expect(clipKey('Show 08.mkv', 0)).toBe('Show 08.mkv-clip-0.mkv');
    expect(encodedClipKey('Show 08.mkv', 0)).toBe('Show 08.mkv-clip-encoded-0.mkv');
    expect(resultKey('Show 08.mkv')).toBe('Show 08.mkv-Encoded.mkv');
    expect(derivedNames('a', 2)).toEqual([
      'a-Encoded.mkv',
      'a-clip-0.mkv',
      'a-clip-encoded-0.mkv',
      'a-clip-1.mkv',
      'a-clip-encoded-1.mkv',
    ]);
  });

  test.each([
    ['a.mkv-clip-0.mkv', 'a.mkv'],
    ['a.mkv-clip-encoded-12.mkv', 'a.mkv'],
    ['a.mkv-Encoded.mkv', 'a.mkv'],
    ['a.mkv-Encoded.mkv-Encoded.mkv', 'a.mkv-Encoded.mkv'],
    ['x\ny-Encoded.mkv', 'x\ny'],
    ['-Encoded.mkv', undefined],
    ['a.mkv', undefined],
    ['a.mkv-encoded.mkv', undefined],
    ['a.mkv-clip-x.mkv', undefined],
    ['a.mkv-Encoded.mkv.mkv', undefined],
  ])('%j is derived from %j', (name, from) => {
    expect(derivedFrom(name)).toBe(from);
  });

  test('every name of a family has the same root, whatever the key', () => {
    const key = fc.string({ minLength: 1, unit: 'grapheme' });
    fc.assert(
      fc.property(key, fc.nat(99), (text, index) => {
        const root = rootOf(text);
        const names = [clipKey(text, index), encodedClipKey(text, index), resultKey(resultKey(text))];
        expect(names.map(rootOf)).toEqual([root, root, root]);
        expect(derivedFrom(clipKey(text, index))).toBe(text);
      }),
    );
  });

  test.each([
    ['a'.repeat(990), undefined],
    ['a'.repeat(991), 'it has 991 bytes, at most 990 are allowed'],
    ['\u0000', 'it has control characters'],
    ['a\u0085b', 'it has control characters'],
    ['\uD800', 'it is not valid UTF-8'],
    ['[Group] 第01話 & more +.mkv', undefined],
    ['a.mkv$(touch x)', undefined],
    ['../../etc/passwd', undefined],
  ])('the key %j: %s', (key, problem) => {
    expect(keyProblem(key)).toBe(problem);
  });

  test('owners never share a bucket, and every bucket name is one that S3 takes', () => {
    expect(ownerBucket('finalrip', 'finalrip', 'finalrip')).toBe('finalrip');
    const buckets = ['alice', 'bob', 'Alice', 'al/ice'].map((owner) =>
      ownerBucket('finalrip', owner, 'finalrip'),
    );
    expect(new Set([...buckets, 'finalrip']).size).toBe(5);
    for (const bucket of buckets) expect(bucket).toMatch(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/);
  });
});
