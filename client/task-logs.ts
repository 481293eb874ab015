import { backoffMs } from '../shared/backoff.ts';
import type { Clock } from '../shared/clock.ts';
import { GridError } from '../shared/errors.ts';
import type { IdSource } from '../shared/ids.ts';
import type { RestClient } from './rest-client.ts';

/** What the tools of one attempt printed. */
export interface TaskLogDocument {
  readonly task_id: string;
  /** 0: nothing was printed. */
  readonly attempt: number;
  /** Those that are kept. */
  readonly attempts: readonly number[];
  readonly state: string;
  readonly text: string;
}

export function logPath(taskId: string, query = ''): string {
  return `/tasks/${encodeURIComponent(taskId)}/log${query}`;
}

export async function readLog(
  client: RestClient,
  taskId: string,
  attempt?: number,
): Promise<TaskLogDocument> {
  const query = attempt === undefined ? '' : `?attempt=${attempt}`;
  const { text, headers } = await client.text(logPath(taskId, query));
  const attempts = headers.get('x-clipgrid-attempts') ?? '';
  return {
    task_id: taskId,
    attempt: Number(headers.get('x-clipgrid-attempt') ?? 0),
    attempts: attempts === '' ? [] : attempts.split(',').map(Number),
    state: headers.get('x-clipgrid-task-state') ?? '',
    text,
  };
}

export interface FollowLogOptions {
  readonly client: RestClient;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly signal: AbortSignal;
  /** `again`: all there is, where something was lost or another attempt began. */
  onText(text: string, again: boolean): void;
}

/** The last that was seen; so much is the same by no chance. */
const OVERLAP_CHARS = 200;
const RECONNECT = { firstMs: 250, maxMs: 5_000 };
const GIVE_UP_MS = 120_000;

/** Follows a task's output to its end, over restarts of the coordinator. Returns the state it ended in. */
export async function followLog(taskId: string, options: FollowLogOptions): Promise<string> {
  const { client, clock, ids, signal } = options;
  let seen = '';
  let heardMs = clock.monotonicMs();
  for (let attempt = 0; ; attempt++) {
    let isFirst = true;
    try {
      for await (const { event, data } of client.stream(logPath(taskId, '?follow=true'))) {
        [attempt, heardMs] = [0, clock.monotonicMs()];
        const { text = '', state = '' } = JSON.parse(data) as { text?: string; state?: string };
        if (event === 'end') return state;
        if (event === 'append') {
          seen += text;
          options.onText(text, false);
        } else if (event === 'replace') {
          // After a break only what was missed.
          const missed = isFirst ? textAfter(seen, text) : undefined;
          options.onText(missed ?? text, missed === undefined);
          seen = text;
        }
        seen = seen.slice(-OVERLAP_CHARS);
        isFirst = false;
      }
    } catch (thrown) {
      const passes = thrown instanceof GridError && thrown.code === 'unavailable';
      if (!passes || clock.monotonicMs() - heardMs > GIVE_UP_MS) throw thrown;
    }
    await clock.sleep(
      backoffMs(attempt, RECONNECT, () => ids.random()),
      signal,
    );
    if (signal.aborted) throw new GridError('cancelled', 'interrupted');
  }
}

/** What stands in `text` behind the last that was seen; undefined where that is not in it. */
function textAfter(seen: string, text: string): string | undefined {
  const at = seen === '' ? -1 : text.lastIndexOf(seen);
  return at < 0 ? undefined : text.slice(at + seen.length);
}
