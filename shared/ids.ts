import { randomBytes, randomUUID } from 'node:crypto';

/** Where identifiers and randomness come from, so that a simulation can bring its own. */
export interface IdSource {
  /** A UUID, version 7: sorts by creation time. */
  uuid(): string;
  /** A random UUID, version 4: cannot be guessed. Lease ids and incarnations. */
  randomUuid(): string;
  /** URL-safe random text of `bytes` bytes of entropy. */
  secret(bytes: number): string;
  /** Uniform in [0, 1). */
  random(): number;
}

/** RFC 9562 section 5.7: 48 bits of Unix milliseconds, version, 12 random bits, variant, 62 random bits. */
export function uuidV7(unixMs: number, entropy: Uint8Array): string {
  const bytes = Uint8Array.from(entropy.subarray(0, 16));
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(unixMs / 2 ** (8 * (5 - i))) % 256;
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Buffer.from(bytes).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Identifiers from the operating system's randomness and the given wall clock. */
export function systemIds(wallMs: () => number): IdSource {
  return {
    uuid: () => uuidV7(wallMs(), randomBytes(16)),
    randomUuid: () => randomUUID(),
    secret: (bytes) => randomBytes(bytes).toString('base64url'),
    random: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
  };
}

const UUID_PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether `text` is a UUID in lower case, so that it may be put into a query. */
export function isUuid(text: string): boolean {
  return UUID_PATTERN.test(text);
}
