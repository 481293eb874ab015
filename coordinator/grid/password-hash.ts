import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';
import { Turnstile } from '../../shared/turnstile.ts';

/** What one guess costs: about as much as bcrypt of cost 10, and 16 MiB. They are kept in each hash, so that they can rise. */
const COST = { N: 2 ** 14, r: 8, p: 1 } as const;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
const MAX_MEMORY = 512 * 2 ** 20;
/** The threads that compute these also read and write files. */
const AT_ONCE = 2;
const MOST_WAITING = 200;

const FORMAT = /^\$scrypt\$(\d+)\$(\d+)\$(\d+)\$([\w-]+)\$([\w-]+)$/;

function derive(password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, HASH_BYTES, { ...options, maxmem: MAX_MEMORY }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

/** Makes and checks hashes of passwords, a few at once. */
export class PasswordHasher {
  readonly #turnstile = new Turnstile({ atOnce: AT_ONCE, waiting: MOST_WAITING, of: 'sign-ins' });
  /** What the password of an unknown name is checked against, so that it takes as long. */
  readonly #nobody = format(Buffer.alloc(SALT_BYTES), Buffer.alloc(HASH_BYTES));

  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    return format(salt, await this.#turnstile.run(() => derive(password, salt, COST)));
  }

  /** With the hash of nobody (undefined) it is as much work, and false. */
  async matches(password: string, hash: string | undefined): Promise<boolean> {
    const [, N, r, p, salt = '', key = ''] = FORMAT.exec(hash ?? this.#nobody) ?? [];
    const cost = { N: Number(N), r: Number(r), p: Number(p) };
    const mine = await this.#turnstile.run(() => derive(password, Buffer.from(salt, 'base64url'), cost));
    return timingSafeEqual(mine, Buffer.from(key, 'base64url')) && hash !== undefined;
  }
}

function format(salt: Buffer, key: Buffer): string {
  return `$scrypt$${COST.N}$${COST.r}$${COST.p}$${salt.toString('base64url')}$${key.toString('base64url')}`;
}
