import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { GridError } from '../../shared/errors.ts';
import type { SecretsFace } from './face.ts';

const IV_BYTES = 12;
const TAG_BYTES = 16;
const FORMAT = /^v1\.([0-9a-f]{8})\.([\w-]+)$/;

interface SecretKey {
  /** In each sealed text, so that keys can be changed: tells nothing of the key. */
  readonly id: string;
  readonly key: Buffer;
}

function toKey(text: string): SecretKey {
  const key = Buffer.from(hkdfSync('sha256', text, '', 'clipgrid secrets', 32));
  return { key, id: createHash('sha256').update('id').update(key).digest('hex').slice(0, 8) };
}

/** AES-256-GCM. `texts` are the operator's keys: the first seals, all open. Throws (`internal`) for what was tampered with. */
export function createSecrets(texts: readonly string[]): SecretsFace {
  const keys = texts.map(toKey);

  return {
    seal(text, purpose) {
      const [current] = keys;
      if (current === undefined)
        throw new GridError('failed_precondition', 'no key for secrets is set: give CLIPGRID_SECRET_KEYS');
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', current.key, iv).setAAD(Buffer.from(purpose));
      const bytes = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `v1.${current.id}.${bytes.toString('base64url')}`;
    },
    open(sealed, purpose) {
      const [, id, body = ''] = FORMAT.exec(sealed) ?? [];
      if (id === undefined) throw new GridError('internal', `the secret of ${purpose} is not a sealed text`);
      const known = keys.find((one) => one.id === id);
      if (known === undefined) {
        const message = `the secret of ${purpose} was sealed with the key ${id}: add that to CLIPGRID_SECRET_KEYS`;
        throw new GridError('failed_precondition', message, { details: { keyId: id } });
      }
      const bytes = Buffer.from(body, 'base64url');
      const tagAt = bytes.length - TAG_BYTES;
      try {
        const decipher = createDecipheriv('aes-256-gcm', known.key, bytes.subarray(0, IV_BYTES));
        decipher.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(tagAt));
        const text = [decipher.update(bytes.subarray(IV_BYTES, tagAt)), decipher.final()];
        return Buffer.concat(text).toString('utf8');
      } catch (cause) {
        const message = `the secret of ${purpose} was changed, or is for something else`;
        throw new GridError('internal', message, { cause });
      }
    },
  };
}
