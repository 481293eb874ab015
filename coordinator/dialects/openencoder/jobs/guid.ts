import type { IdSource } from '../../../../shared/ids.ts';

const DIGITS = '0123456789abcdefghijklmnopqrstuv';
const BYTES = 12;

/** 20 digits of base 32 (RFC 4648's hex alphabet in lower case) that sort by time, as the reference's ids do. */
export function newGuid(ids: IdSource, nowMs: number): string {
  const bytes = Buffer.from(ids.secret(BYTES), 'base64url');
  bytes.writeUInt32BE(Math.floor(nowMs / 1000) % 2 ** 32, 0);
  // 96 bits are 19 digits and one bit more.
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const digits = bits.padEnd(100, '0').match(/.{5}/g) ?? [];
  return digits.map((five) => DIGITS.charAt(Number.parseInt(five, 2))).join('');
}
