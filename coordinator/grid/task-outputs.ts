import type { Clock } from '../../shared/clock.ts';
import { GridError } from '../../shared/errors.ts';
import type { Fence as SaidFence, TaskOutput } from '../../shared/gen/clipgrid/v1/lease.ts';
import type { Logger } from '../../shared/logger.ts';
import { checkFence } from '../domain/fence.ts';
import { OUTPUT_CHARS } from '../domain/task-output.ts';
import type { LogStore, PrintedPiece } from '../store/log-store.ts';
import { Batcher } from './batcher.ts';
import { leaseFields } from './lease-fields.ts';
import type { Platform } from './platform.ts';
import type { LocalSession } from './session-registry.ts';

export interface TaskOutputsDeps {
  readonly logs: LogStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly platform: Platform;
}

/** Between two statements: the end of a task waits for its output. */
const APART_MS = 20;
const MAX_PIECE_CHARS = 16 * 1024;
/** What passes by itself is asked for again by the next piece or follower. */
const LIMITS = { batch: 500, waiting: 5_000, apartMs: APART_MS };

/** Pieces of one attempt that follow each other are one; where something is missing, the later ones count. */
export function joinPieces(pieces: readonly PrintedPiece[]): PrintedPiece[] {
  const joined = new Map<string, PrintedPiece>();
  for (const piece of pieces) {
    const key = `${piece.fence.taskId} ${piece.fence.epoch} ${piece.agentId}`;
    const before = joined.get(key);
    const follows = before !== undefined && before.start + before.text.length === piece.start;
    joined.set(key, follows ? { ...before, text: before.text + piece.text } : piece);
  }
  return [...joined.values()].map(cutToLimit);
}

function cutToLimit(piece: PrintedPiece): PrintedPiece {
  const over = piece.text.length - OUTPUT_CHARS;
  return over <= 0 ? piece : { ...piece, start: piece.start + over, text: piece.text.slice(over) };
}

/** Keeps what agents tell of the output of their tools; all of a tick is one statement. */
export class TaskOutputs {
  readonly #deps: TaskOutputsDeps;
  readonly #pieces: Batcher<PrintedPiece, void>;
  /** Of leases whose output is on its way into the database: the last of it. */
  readonly #saving = new Map<string, Promise<void>>();

  constructor(deps: TaskOutputsDeps) {
    this.#deps = deps;
    const { clock, platform } = deps;
    this.#pieces = new Batcher({ ...LIMITS, clock, nextTurn: platform.nextTurn }, async (pieces) => {
      await deps.logs.append(joinPieces(pieces));
      return pieces.map(() => undefined);
    });
  }

  /** Throws `invalid_argument` for what no agent sends. What cannot be kept now is asked for again, and is no error. */
  async take(session: LocalSession, { fence: said, start, text }: TaskOutput): Promise<void> {
    const fence = checkFence(said);
    if (text.length > MAX_PIECE_CHARS)
      throw new GridError(
        'invalid_argument',
        `output of ${text.length} characters came: ${MAX_PIECE_CHARS} at most`,
      );
    if (!Number.isSafeInteger(start + text.length))
      throw new GridError('invalid_argument', `output starts at ${start}: that is too far`);
    const piece = { fence, agentId: session.agentId, start, text: text.replaceAll('\0', '\uFFFD') };
    const saving = this.#pieces.add(piece).catch((error: unknown) => {
      const about = leaseFields(fence, { ...session.held.get(fence.taskId), agentId: session.agentId });
      this.#deps.logger.info({ ...about, error: String(error) }, 'output of a task was not kept');
      session.sink.send({ $case: 'outputRequest', value: { fence, forMs: 0, again: true } });
    });
    this.#saving.set(fence.leaseId, saving);
    await saving;
    if (this.#saving.get(fence.leaseId) === saving) this.#saving.delete(fence.leaseId);
  }

  /** Resolves when what came of this lease is kept, or was not to be kept. */
  async saved(fence: SaidFence | undefined): Promise<void> {
    await this.#saving.get(fence?.leaseId ?? '');
  }
}
