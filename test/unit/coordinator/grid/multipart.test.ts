import { describe, expect, it } from 'vitest';
import { checkParts, partBytesOf } from '../../../../coordinator/grid/multipart.ts';

const MIB = 1024 * 1024;
const PART = 16 * MIB;

function parts(...sizes: readonly (number | undefined)[]) {
  return sizes.flatMap((sizeBytes, i) =>
    sizeBytes === undefined ? [] : [{ part: i + 1, etag: 'x', sizeBytes }],
  );
}

describe('parts of an upload', () => {
  it('keeps every film below the 10,000 parts of S3', () => {
    expect(partBytesOf(undefined)).toBe(PART);
    expect(partBytesOf(10_000 * PART)).toBe(PART);
    expect(partBytesOf(10_000 * PART + 1)).toBe(2 * PART);
    const huge = 2 ** 44;
    expect(Math.ceil(huge / partBytesOf(huge))).toBeLessThanOrEqual(10_000);
  });

  it.each([
    ['whole', parts(PART, PART, 5), 2 * PART + 5],
    ['of one part', parts(5), 5],
    ['of unknown size', parts(PART, 1), undefined],
  ])('takes an upload that is %s', (_, arrived, sizeBytes) => {
    expect(() => checkParts(arrived, sizeBytes)).not.toThrow();
  });

  it.each([
    ['no part', parts(), undefined, 0, 'no part has arrived'],
    ['no first part', parts(undefined, 5), undefined, 1, 'part 1 is missing'],
    ['a hole', parts(PART, undefined, 5), 2 * PART + 5, 2, 'part 2 is missing'],
    ['a short part', parts(PART, 7, 5), undefined, 2, 'part 2 has 7 bytes, each but the last has 16777216'],
    ['no last part', parts(PART, PART), 2 * PART + 5, 2, '33554437 were announced: parts are missing'],
    ['a long last part', parts(PART, 6), PART + 5, 2, 'the last part is too long'],
  ])('names what is wrong with an upload that has %s', (_, arrived, sizeBytes, value, message) => {
    expect(() => checkParts(arrived, sizeBytes)).toThrow(
      expect.objectContaining({
        code: 'failed_precondition',
        message: expect.stringContaining(message) as string,
        details: { field: 'parts', value },
      }),
    );
  });
});
