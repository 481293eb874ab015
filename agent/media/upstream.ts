import { GridError } from '../../shared/errors.ts';
import type { Clock } from '../../shared/clock.ts';
import type { RateLimit } from '../rate-limit.ts';
import { withStall } from '../stall.ts';
import type { ObjectInput } from '../../shared/gen/clipgrid/v1/task.ts';

/** How often one range is asked for before the attempt fails: about five minutes of a store that is away ... */
const TRIES = 80;
/** ... and not much more where each of them takes its time. */
const PATIENCE_MS = 5 * 60_000;
const FIRST_PAUSE_MS = 100;
/** A store that sends nothing for so long is asked again (L14). */
export const STALL_MS = 30_000;
const MAX_PAUSE_MS = 4_000;

export interface ByteRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** Asks for a range of an object. Throws a final `GridError` when asking again cannot help. */
export async function requestRange(
  input: ObjectInput,
  range: ByteRange,
  signal: AbortSignal,
): Promise<Response> {
  const response = await fetch(input.url, {
    headers: { range: `bytes=${range.start}-${range.end - 1}`, 'accept-encoding': 'identity' },
    signal,
  });
  const wrong = wrongAnswer(response, input, range);
  if (wrong !== undefined) {
    await response.body?.cancel();
    throw wrong;
  }
  return response;
}

function wrongAnswer(response: Response, input: ObjectInput, range: ByteRange): GridError | undefined {
  const { status } = response;
  const name = input.cacheKey;
  if (status === 206) {
    const total = Number(
      /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1] ?? input.sizeBytes,
    );
    if (total === input.sizeBytes) return undefined;
    return new GridError(
      'digest_mismatch',
      `object ${name} has ${total} bytes, but ${input.sizeBytes} were announced`,
    );
  }
  if (status === 200) {
    const length = Number(response.headers.get('content-length') ?? input.sizeBytes);
    if (range.start === 0 && range.end === input.sizeBytes && length === input.sizeBytes) return undefined;
    return new GridError(
      'unsupported',
      `the store answered a range of object ${name} with all of it: it must do ranges`,
    );
  }
  if (status === 404 || status === 410)
    return new GridError('source_missing', `object ${name} is not in the store`);
  if (status === 401 || status === 403) {
    return new GridError(
      'permission_denied',
      `the store refused object ${name} (${status}): its link may be expired`,
      {
        retryable: true,
      },
    );
  }
  if (status === 416) {
    return new GridError(
      'digest_mismatch',
      `object ${name} ends before byte ${range.start} of ${input.sizeBytes}`,
    );
  }
  return new GridError('unavailable', `the store answered ${status} for object ${name}`);
}

/**
 * Runs `attempt` until it works, pausing longer each time. Only broken connections and `unavailable` are tried again.
 * Throws `cancelled` when `signal` aborts.
 */
export async function withRetry<T>(clock: Clock, signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
  const fromMs = clock.monotonicMs();
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (thrown) {
      if (signal.aborted)
        throw new GridError('cancelled', 'reading the object was cancelled', { cause: thrown });
      if (thrown instanceof GridError && thrown.code !== 'unavailable') throw thrown;
      const enough = tries === TRIES || clock.monotonicMs() - fromMs > PATIENCE_MS;
      if (enough) throw unavailable(thrown, tries);
    }
    await clock.sleep(Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1)), signal);
  }
}

function unavailable(thrown: unknown, tries: number): GridError {
  if (thrown instanceof GridError) return thrown;
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new GridError('unavailable', `the object store broke off ${tries} times, last: ${reason}`, {
    cause: thrown,
  });
}

/** One whole range in memory. A body that ends early counts as broken. */
export async function fetchRange(
  clock: Clock,
  input: ObjectInput,
  range: ByteRange & {
    readonly signal: AbortSignal;
    readonly onBytes: (count: number) => void;
    readonly limit?: RateLimit | undefined;
  },
): Promise<Buffer> {
  const { signal } = range;
  const what = `object ${input.cacheKey}`;
  const receive = async (stalled: AbortSignal, alive: () => void): Promise<Buffer> => {
    const response = await requestRange(input, range, stalled);
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of response.body ?? []) {
      alive();
      chunks.push(chunk);
      length += chunk.length;
      range.onBytes(chunk.length);
      await range.limit?.take(chunk.length, stalled);
      alive();
    }
    const wanted = range.end - range.start;
    if (length !== wanted) {
      throw new GridError(
        'unavailable',
        `the store sent ${length} of ${wanted} bytes of object ${input.cacheKey}`,
      );
    }
    return Buffer.concat(chunks, length);
  };
  return withRetry(clock, signal, () => withStall({ clock, signal, stallMs: STALL_MS, what }, receive));
}
