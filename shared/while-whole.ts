import type { Readable } from 'node:stream';
import { GridError } from './errors.ts';

/**
 * Runs work that reads a stream to its end. A stream that breaks off before that ends it with the stream's own error: client
 * libraries wait for ever for the rest of one.
 */
export async function whileWhole<T>(body: Readable, work: () => Promise<T>): Promise<T> {
  const left = new GridError('cancelled', 'the bytes broke off before their end');
  if (body.destroyed) throw body.errored ?? left;
  const broken = Promise.withResolvers<never>();
  let failure: unknown;
  const fail = (error: unknown): void => {
    failure ??= error;
    broken.reject(error);
  };
  body.once('error', fail);
  body.once('close', () => !body.readableEnded && fail(left));
  try {
    return await Promise.race([work(), broken.promise]);
  } catch (error) {
    throw failure ?? error;
  }
}
