import type { Random } from '../../sim/random.ts';

/** Texts that break what was not written for them. */
export const TEXTS: readonly string[] = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  'x\udfff\ud800y',
  '\u202e\u0000\uffff',
  '😀'.repeat(300),
  'é'.normalize('NFD').repeat(50),
  "'; drop table jobs; --",
  '") or 1=1 --',
  '%s%n%p${x}{{7*7}}',
  '../../../../etc/passwd',
  '/etc/passwd',
  'C:\\windows\\system32',
  'http://169.254.169.254/latest/',
  '__proto__',
  'constructor',
  'null',
  'undefined',
  'NaN',
  '-1',
  '0',
  '1e999',
  '99999999999999999999999',
  '00000000-0000-0000-0000-000000000000',
  '01900000-0000-7000-8000-000000000000',
  'AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE',
  '\r\nset-cookie: a=b\r\n',
  'x'.repeat(70_000),
  '[',
  '{"a":',
  '<script>alert(1)</script>',
  '\u2028\u2029\ufeff',
];

export const NUMBERS: readonly number[] = [
  0,
  -0,
  1,
  -1,
  0.5,
  255,
  256,
  65_536,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  -(2 ** 53),
  1e18,
  1e308,
  -1e308,
  5e-324,
];

/** Of the values of a 64-bit field, as text where a number of JavaScript cannot say them. */
export const WIDE: readonly (number | string)[] = [
  ...NUMBERS.filter((one) => Number.isSafeInteger(one)),
  '9007199254740993',
  '9223372036854775807',
  '-9223372036854775808',
];

export function anyBytes(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random.whole(0, 256)));
}

/** The same bytes with a few of them changed, cut off, doubled or moved. */
export function mutated(random: Random, bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const at = random.whole(0, copy.length + 1);
  switch (random.whole(0, 5)) {
    case 0:
      return copy.subarray(0, at);
    case 1:
      return Buffer.concat([copy.subarray(0, at), anyBytes(random, random.whole(1, 9)), copy.subarray(at)]);
    case 2:
      return Buffer.concat([copy, copy.subarray(at)]);
    case 3:
      return Buffer.concat([copy.subarray(at), copy.subarray(0, at)]);
    default:
      for (let i = random.whole(1, 6); i > 0 && copy.length > 0; i--)
        copy[random.whole(0, copy.length)] = random.whole(0, 256);
      return copy;
  }
}
