import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Api } from '../../../../coordinator/dashboard/src/api/client.ts';
import type { EventFeed } from '../../../../coordinator/dashboard/src/api/events.ts';
import { AgentsList } from '../../../../coordinator/dashboard/src/data/agents-list.ts';
import { JobsList } from '../../../../coordinator/dashboard/src/data/jobs-list.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** An API whose answers a test gives one by one, and a stream that a test speaks for. */
function world() {
  const answers: ((body: object) => void)[] = [];
  const listeners = new Map<string, (data: object) => void>();
  const api = { getJson: () => new Promise<object>((resolve) => answers.push(resolve)) };
  const events = { on: (name: string, listener: (data: object) => void) => listeners.set(name, listener) };
  const answer = async (body: object): Promise<void> => {
    answers.shift()?.(body);
    await vi.advanceTimersByTimeAsync(0);
  };
  return {
    api: api as unknown as Api,
    events: events as unknown as EventFeed,
    answer,
    waiting: () => answers.length,
    say: (name: string) => listeners.get(name)?.({}),
  };
}

const job = (state: string) => ({ job_id: 'a', name: 'film', state, dialect: 'grid', created_at: '2026' });

test('jobs that were being read when the stream began are read again: what changed before it is told by nobody', async () => {
  const { api, events, answer, waiting, say } = world();
  const list = new JobsList({ api, events, filter: { states: [], dialect: '', name: '' } });
  say('hello');
  await answer({ jobs: [job('encoding')], next_cursor: null });
  expect(waiting()).toBe(1);
  await answer({ jobs: [job('succeeded')], next_cursor: null });
  expect(list.rows.value).toMatchObject([{ state: 'succeeded' }]);
  expect(waiting()).toBe(0);
});

test('a list whose end comes into sight while it is read anew goes on after that: nobody asks a second time', async () => {
  const { api, events, answer, waiting, say } = world();
  const list = new JobsList({ api, events, filter: { states: [], dialect: '', name: '' } });
  await answer({ jobs: [job('encoding')], next_cursor: 'b' });
  say('hello');
  await list.more();
  expect(waiting()).toBe(1);
  await answer({ jobs: [job('encoding')], next_cursor: 'b' });
  expect(waiting()).toBe(1);
  await answer({ jobs: [{ ...job('queued'), job_id: 'b' }], next_cursor: null });
  expect(list.rows.value).toMatchObject([{ job_id: 'a' }, { job_id: 'b' }]);
  expect(waiting()).toBe(0);
});

test('so are agents', async () => {
  const { api, events, answer, waiting, say } = world();
  const list = new AgentsList({ api, events });
  list.begin();
  say('hello');
  await answer({ agents: [{ agent_id: 'a', name: 'a', state: 'online', fps: 0 }] });
  await answer({ agents: [{ agent_id: 'a', name: 'a', state: 'offline', fps: 0 }] });
  expect(list.rows.value).toMatchObject([{ state: 'offline' }]);
  expect(waiting()).toBe(0);
});
