import { createHash } from 'node:crypto';

/**
 * What is kept of a secret, and what it is looked up by: its SHA-256. Who times the look-up learns about hashes that he cannot
 * choose, so it tells nothing of the secret.
 */
export function secretHash(secret: string): Buffer {
  return createHash('sha256').update(secret, 'utf8').digest();
}
