import type { Clock } from '../../shared/clock.ts';
import { GridError } from '../../shared/errors.ts';
import type { TaskState } from '../domain/task.ts';
import type { LogStore, StoredLog } from '../store/log-store.ts';
import type { LogChange, LogsFace, TaskLog } from './face.ts';

export interface LogsDeps {
  readonly logs: LogStore;
  readonly clock: Clock;
}

const POLL_MS = 500;
/** Who follows says so again and again: a notification may get lost (L7), and the task may go to another agent. */
const ASK_EVERY_MS = 4_000;
const ASK_FOR_MS = 10_000;
/** How long a reader waits for the agent to tell what it has. */
const FRESH_WITHIN_MS = 1_500;
const FRESH_POLL_MS = 50;
const STILL_MS = 15_000;

const ENDED: ReadonlySet<TaskState> = new Set(['succeeded', 'failed', 'cancelled']);

type Known = Pick<StoredLog, 'epoch' | 'revision' | 'end'>;

/** What is to be told to somebody who knows `known`. */
function changeBetween(known: Known | undefined, log: StoredLog): LogChange | undefined {
  if (known?.epoch !== log.epoch) return { type: 'replace', text: log.text };
  const added = log.end - known.end;
  if (added === 0) return undefined;
  if (added < 0 || added > log.text.length) return { type: 'replace', text: log.text };
  return { type: 'append', text: log.text.slice(-added) };
}

/** The output of tasks for everybody outside the grid. */
export function createLogs({ logs, clock }: LogsDeps): LogsFace {
  async function fresh(taskId: string, known: Known): Promise<void> {
    await logs.ask(taskId, FRESH_WITHIN_MS);
    const untilMs = clock.monotonicMs() + FRESH_WITHIN_MS;
    while (clock.monotonicMs() < untilMs) {
      await clock.sleep(FRESH_POLL_MS);
      const now = await logs.read(taskId, { known });
      const isNew = now.epoch !== known.epoch || now.revision !== known.revision;
      if (isNew || now.state !== 'leased') return;
    }
  }

  return {
    async read(taskId, { ownerId, attempt: epoch } = {}): Promise<TaskLog> {
      const query = { ownerId, epoch };
      let log = await logs.read(taskId, query);
      if (log.state === 'leased' && epoch === undefined) {
        await fresh(taskId, log);
        log = await logs.read(taskId, query);
      }
      if (epoch !== undefined && log.epoch !== epoch) {
        const kept = log.epochs.length === 0 ? 'none' : log.epochs.join(', ');
        const details = { field: 'attempt', value: epoch };
        throw new GridError('not_found', `there is no output of attempt ${epoch}: kept are ${kept}`, {
          details,
        });
      }
      return { text: log.text ?? '', attempt: log.epoch, attempts: log.epochs, state: log.state };
    },

    async *follow(taskId, { ownerId, signal }) {
      let known: Known | undefined;
      let [askedMs, toldMs] = [-Infinity, clock.monotonicMs()];
      while (!signal.aborted) {
        const log = await logs.read(taskId, { ownerId, ...(known ? { known } : {}) });
        const { text } = log;
        const change = text === undefined ? undefined : changeBetween(known, { ...log, text });
        known = log;
        const nowMs = clock.monotonicMs();
        if (log.state === 'leased' && nowMs - askedMs >= ASK_EVERY_MS) {
          askedMs = nowMs;
          await logs.ask(taskId, ASK_FOR_MS);
        }
        if (change || nowMs - toldMs >= STILL_MS) {
          toldMs = nowMs;
          yield change ?? { type: 'still' };
        }
        if (ENDED.has(log.state)) return yield { type: 'end', state: log.state };
        await clock.sleep(POLL_MS, signal);
      }
    },
  };
}
