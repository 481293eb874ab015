import { expect, test } from 'vitest';
import type { GridEvent, JobView } from '../../../../coordinator/grid/face.ts';
import { GridChanges } from '../../../../coordinator/http/grid-changes.ts';
import { GridTick } from '../../../../coordinator/http/grid-tick.ts';
import { GridWatch } from '../../../../coordinator/http/grid-watch.ts';
import { JOB_STATES } from '../../../../coordinator/domain/job.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const TICK = {
  jobs: [
    { ownerId: 'ann', json: '{"job_id":"a"}' },
    { ownerId: 'bob', json: '{"job_id":"b"}' },
  ],
  removedJobs: [],
  agents: [],
  removedAgents: [],
  lost: false,
};

/** A stream that a test lets drain. */
function slowStream() {
  const sent: string[] = [];
  const stream = {
    idle: true,
    sent,
    async send(message: Buffer) {
      sent.push(message.toString());
    },
  };
  return stream;
}

test('a reader that is behind is kept nothing for: it is told to read all anew', () => {
  const stream = slowStream();
  const watch = new GridWatch(stream, 'ann');
  watch.greet('{"n":1}');
  watch.take(new GridTick(TICK), '{"n":1}');
  expect(stream.sent).toEqual([
    'event: hello\ndata: {"n":1}\n\n',
    'event: jobs\ndata: {"jobs":[{"job_id":"a"}],"removed":[]}\n\n',
  ]);
  stream.idle = false;
  watch.take(new GridTick(TICK), '{"n":2}');
  watch.take(new GridTick(TICK), '{"n":3}');
  expect(stream.sent).toHaveLength(2);
  stream.idle = true;
  watch.take(new GridTick(TICK), '{"n":4}');
  watch.take(new GridTick({ ...TICK, grid: '{"n":5}' }), '{"n":5}');
  expect(stream.sent.slice(2)).toEqual([
    'event: hello\ndata: {"n":4}\n\n',
    'event: jobs\ndata: {"jobs":[{"job_id":"a"}],"removed":[]}\n\nevent: grid\ndata: {"n":5}\n\n',
  ]);
  watch.take(new GridTick({ ...TICK, lost: true }), '{"n":6}');
  expect(stream.sent.at(-1)).toBe('event: hello\ndata: {"n":6}\n\n');
});

/** The parts of the face that are read, over what a test says. */
function readings() {
  const now = {
    events: [] as GridEvent[],
    running: new Map<string, string>(),
    away: false,
    totalsAway: false,
    /** Ids of jobs that were read, read by read. */
    read: [] as string[][],
  };
  const job = (jobId: string): JobView => ({
    jobId,
    ownerId: 'ann',
    dialect: 'grid',
    name: jobId,
    state: 'encoding',
    priority: 0,
    spec: { shape: 'index', source: { bucket: 'b', key: 'k', sizeBytes: 1 } },
    framesTotal: 0,
    framesDone: 0,
    clipsTotal: 0,
    clipsDone: 0,
    fps: 0,
    speed: 0,
    phase: '',
    createdAt: new Date(0),
  });
  const jobs = {
    running: async () => now.running,
    async some(ids: readonly string[]) {
      if (now.away) throw new Error('away');
      now.read.push([...ids]);
      return ids.map(job);
    },
  };
  const totals = {
    ...{
      at: new Date(0),
      fps: 0,
      speed: 0,
      tasksReady: 0,
      tasksRunning: 0,
      agentsOnline: 0,
      agentsDraining: 0,
    },
    jobs: Object.fromEntries(JOB_STATES.map((state) => [state, 0])),
  };
  const grid = {
    jobs,
    agents: { list: async () => [] },
    events: {
      head: async () => 0,
      after: async ({ afterSequence }: { afterSequence: number }, limit: number) =>
        now.events.filter(({ sequence }) => sequence > afterSequence).slice(0, limit),
    },
    stats: {
      async totals() {
        if (now.totalsAway) throw new Error('away');
        return totals;
      },
    },
  };
  const clock = new ManualClock();
  const changes = new GridChanges({
    grid: grid as unknown as ConstructorParameters<typeof GridChanges>[0]['grid'],
    clock,
  });
  return { now, clock, changes };
}

const event = (sequence: number, type: string, jobId: string): GridEvent => ({
  ...{ sequence, type, jobId, ownerId: 'ann', at: new Date(0), data: {} },
});

test('a job is read when an event names it or its tasks say something else, once a tick, and not when it is gone', async () => {
  const { now, changes } = readings();
  now.running = new Map([['old', '1']]);
  await changes.begin();
  await changes.next();
  expect(now.read).toEqual([]);

  now.running = new Map([['new', '1']]);
  now.events = [event(1, 'job.created', 'x'), event(2, 'job.state', 'x'), event(3, 'job.removed', 'y')];
  const told = (await changes.next()).for('ann').toString();
  expect(now.read).toEqual([['new', 'old', 'x']]);
  expect(told).toContain('"removed":["y"]');
  expect((await changes.next()).for('ann')).toHaveLength(0);
});

test('jobs that were read before the figures could not be are told later', async () => {
  const { now, clock, changes } = readings();
  await changes.begin();
  clock.advance(2_000);
  now.events = [event(1, 'job.created', 'x')];
  now.totalsAway = true;
  await expect(changes.next()).rejects.toThrow('away');
  now.totalsAway = false;
  expect((await changes.next()).for(undefined).toString()).toContain('"job_id":"x"');
});

test('what could not be read is told later, and very many jobs in several ticks', async () => {
  const { now, changes } = readings();
  await changes.begin();
  now.events = [event(1, 'job.created', 'x'), event(2, 'job.removed', 'y')];
  now.away = true;
  await expect(changes.next()).rejects.toThrow('away');
  now.away = false;
  const told = (await changes.next()).for(undefined).toString();
  expect(told).toContain('"job_id":"x"');
  expect(told).toContain('"removed":["y"]');

  now.running = new Map(Array.from({ length: 1_200 }, (_, n) => [`job ${n}`, '1']));
  for (let k = 0; k < 3; k++) await changes.next();
  expect(now.read.slice(1).map((ids) => ids.length)).toEqual([500, 500, 200]);
  now.running = new Map(Array.from({ length: 30_000 }, (_, n) => [`job ${n}`, '2']));
  expect((await changes.next()).lost).toBe(true);
});
