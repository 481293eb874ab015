import type { handleServerStreamingCall, Metadata, ServerWritableStream } from '@grpc/grpc-js';
import { GridError } from '../../shared/errors.ts';
import { isRefusal, type Principal, type Scope } from '../domain/account.ts';
import { ANYBODY, authenticate } from './authenticate.ts';
import type { OpenStreams } from './open-streams.ts';
import { resetStream } from './reset-stream.ts';
import type { CallDeps } from './rpc-service.ts';
import { reportStatus } from './status.ts';

export interface ServerStreamOptions<Request, Response> {
  readonly scope: Scope | 'anybody';
  readonly open: OpenStreams;
  /** Aborted: the server stops, and the stream with it. */
  readonly stopping: AbortSignal;
  /** What is sent; ends by itself or soon after `signal` aborts. */
  source(request: Request, principal: Principal, signal: AbortSignal): AsyncIterable<Response>;
}

/** A stream lasts for days: who may no longer read is still told things for at most so long. */
const ASK_AGAIN_MS = 20_000;

/** One request, many answers: taken from the source only as fast as the client reads, ended when it goes or does not read. */
export function serverStream<Request, Response>(
  deps: CallDeps,
  options: ServerStreamOptions<Request, Response>,
): handleServerStreamingCall<Request, Response> {
  return (call) => {
    const gone = new AbortController();
    call.on('cancelled', () => gone.abort());
    call.on('close', () => gone.abort());
    pump(deps, options, { call, gone: gone.signal }).then(
      () => call.end(),
      (thrown: unknown) => {
        if (!gone.signal.aborted) call.emit('error', reportStatus(deps.logger, call.getPath(), thrown));
      },
    );
  };
}

interface Outlet<Request, Response> {
  readonly call: ServerWritableStream<Request, Response>;
  readonly gone: AbortSignal;
}

async function pump<Request, Response>(
  deps: CallDeps,
  { scope, open, stopping, source }: ServerStreamOptions<Request, Response>,
  { call, gone }: Outlet<Request, Response>,
): Promise<void> {
  const principal = scope === 'anybody' ? ANYBODY : await authenticate(deps.auth, call.metadata, scope);
  const leave = open.enter();
  const [ended, revoked] = [new AbortController(), new AbortController()];
  if (scope !== 'anybody')
    void whenRevoked(deps, { scope, metadata: call.metadata, ended: ended.signal }, () => revoked.abort());
  try {
    const over = AbortSignal.any([gone, stopping, revoked.signal]);
    for await (const response of source(call.request, principal, over)) {
      if (gone.aborted) return;
      if (!call.write(response)) await drained(deps, { call, gone });
    }
    if (revoked.signal.aborted) throw new GridError('unauthenticated', 'the token is not valid any more');
    if (stopping.aborted) throw new GridError('unavailable', 'the coordinator is stopping; come back');
  } finally {
    ended.abort();
    leave();
  }
}

/** Calls `then` once the token is no longer good for the scope, unless the stream has ended before. */
async function whenRevoked(
  { auth, clock }: CallDeps,
  { scope, metadata, ended }: { scope: Scope; metadata: Metadata; ended: AbortSignal },
  then: () => void,
): Promise<void> {
  if (auth.mode === 'none') return;
  while (!ended.aborted) {
    await clock.sleep(ASK_AGAIN_MS, ended);
    if (ended.aborted) return;
    try {
      await authenticate(auth, metadata, scope);
    } catch (thrown) {
      // While the database is away nobody is refused.
      if (isRefusal(thrown)) return then();
    }
  }
}

/** Resolves when the client has read on or is gone; one that reads nothing for too long is cut off. */
async function drained<Request, Response>(
  { clock, limits, logger }: CallDeps,
  { call, gone }: Outlet<Request, Response>,
): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = clock.after(limits.unreadMs, () => {
      logger.info({ method: call.getPath(), peer: call.getPeer() }, 'a client does not read its stream');
      resetStream(call);
    });
    const done = (): void => {
      timer.cancel();
      gone.removeEventListener('abort', done);
      call.off('drain', done);
      resolve();
    };
    gone.addEventListener('abort', done, { once: true });
    call.once('drain', done);
    if (gone.aborted) done();
  });
}
