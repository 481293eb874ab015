import busboy from 'busboy';
import type { Context as Exchange } from 'koa';
import { objectOf, readText } from '../body.ts';

/** Name and password of a login; empty where they are missing, or the body is broken. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

const NONE: Credentials = { username: '', password: '' };

function credentials(read: (name: string) => unknown): Credentials {
  const text = (name: string): string => {
    const value = read(name);
    return typeof value === 'string' ? value : '';
  };
  return { username: text('username'), password: text('password') };
}

async function multipart(ctx: Exchange): Promise<Credentials> {
  const body = await readText(ctx);
  return new Promise((resolve, reject) => {
    const fields = new Map<string, string>();
    const parser = busboy({ headers: ctx.req.headers, limits: { fieldSize: 4096, fields: 100, files: 1 } });
    parser.on('field', (name, value) => fields.has(name) || fields.set(name, value));
    // A body that ends inside of a file is an error of the file's stream, too.
    parser.on('file', (_, stream) => stream.on('error', reject).resume());
    parser.on('close', () => resolve(credentials((name) => fields.get(name))));
    parser.on('error', reject);
    parser.end(body);
  });
}

/** Reads a login's body as its Content-Type says: a form of either kind, else JSON. */
export async function readCredentials(ctx: Exchange): Promise<Credentials> {
  const type = ctx.get('content-type').split(';', 1)[0]?.trim().toLowerCase();
  try {
    if (type === 'multipart/form-data') return await multipart(ctx);
    const text = await readText(ctx);
    if (type === 'application/x-www-form-urlencoded') {
      const form = new URLSearchParams(text);
      return credentials((name) => form.get(name));
    }
    const object = objectOf(text);
    return credentials((name) => object.get(name));
  } catch {
    return NONE;
  }
}
