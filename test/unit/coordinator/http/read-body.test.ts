import { PassThrough } from 'node:stream';
import type { Context } from 'koa';
import { expect, test } from 'vitest';
import { readBytes } from '../../../../coordinator/http/read-body.ts';

/** A request whose sender's silence the test decides on. */
class Request extends PassThrough {
  limitMs = 0;
  silent: () => void = () => undefined;

  setTimeout(limitMs: number, silent?: () => void): this {
    this.limitMs = limitMs;
    if (silent) this.silent = silent;
    return this;
  }
}

function contextOf(req: Request): Context {
  return { req, get: () => '' } as unknown as Context;
}

test('a client that falls silent in the middle of a body is cut off', async () => {
  const request = new Request();
  const read = readBytes(contextOf(request), 100);
  request.write('{"na');
  expect(request.limitMs).toBe(30_000);
  request.silent();
  await expect(read).rejects.toMatchObject({ code: 'timeout' });
  expect(request.destroyed).toBe(true);
});

test('the answer to a whole body may take as long as it likes', async () => {
  const request = new Request();
  request.end('{}');
  expect(String(await readBytes(contextOf(request), 100))).toBe('{}');
  expect(request.limitMs).toBe(0);
});
