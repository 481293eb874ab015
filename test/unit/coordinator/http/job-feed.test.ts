import { expect, test } from 'vitest';
import { JobFeeds } from '../../../../coordinator/http/job-feed.ts';
import type { JobView } from '../../../../coordinator/grid/face.ts';
import { PASS_THROUGH } from '../../../support/store-moves.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const JOB: JobView = {
  jobId: 'j',
  ownerId: 'o',
  dialect: 'grid',
  name: 'film.mkv',
  state: 'encoding',
  priority: 0,
  spec: PASS_THROUGH,
  framesTotal: 100,
  framesDone: 0,
  clipsTotal: 4,
  clipsDone: 0,
  fps: 0,
  speed: 0,
  phase: '',
  createdAt: new Date(0),
};

function setUp() {
  const clock = new ManualClock();
  const now = { stamp: '1', waiting: '', framesDone: 0, readMs: 0 };
  const asked = { stamp: 0, tasks: 0 };
  const jobs = {
    stamp: async () => (asked.stamp++, now.stamp),
    explainJob: async () => now.waiting,
    get: async () => ({ ...JOB, framesDone: now.framesDone }),
    briefTasks: async () => (asked.tasks++, clock.advance(now.readMs), []),
  };
  return { clock, now, asked, feeds: new JobFeeds({ jobs, clock }) };
}

const never = (): AbortSignal => new AbortController().signal;
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const framesOf = (bytes: Buffer | undefined): unknown =>
  (JSON.parse(/^data: (.*)$/m.exec(String(bytes))?.[1] ?? 'null') as { frames_done: number } | null)
    ?.frames_done;

test('fifty watchers share one look a second, and tasks are read only after a change', async () => {
  const { clock, now, asked, feeds } = setUp();
  const feed = feeds.join('j', never());
  for (let i = 1; i < 50; i++) expect(feeds.join('j', never())).toBe(feed);
  const first = await feed.now();
  expect(String(first.as('progress'))).toMatch(/^event: progress\ndata: \{.*\}\n\n$/);
  for (let second = 0; second < 3; second++) {
    const all = Array.from({ length: 50 }, () => feed.later());
    clock.advance(1_000);
    expect(new Set(await Promise.all(all))).toEqual(new Set([first]));
  }
  expect(asked).toEqual({ stamp: 4, tasks: 1 });
  Object.assign(now, { stamp: '2', framesDone: 7 });
  const next = feed.later();
  clock.advance(1_000);
  expect(framesOf((await next)?.as('progress'))).toBe(7);
  now.waiting = 'no agent is online';
  expect(String((await feed.now()).as('end'))).toContain('"waiting":"no agent is online"');
  expect(asked.tasks).toBe(3);
});

test('who joins sees what happened before, not what the others saw last', async () => {
  const { now, feeds } = setUp();
  const feed = feeds.join('j', never());
  expect(framesOf((await feed.now()).as('progress'))).toBe(0);
  Object.assign(now, { stamp: '2', framesDone: 9 });
  expect(framesOf((await feeds.join('j', never()).now()).as('progress'))).toBe(9);
});

test('a job whose tasks take long to read is read less often', async () => {
  const { clock, now, asked, feeds } = setUp();
  now.readMs = 300;
  const feed = feeds.join('j', never());
  await feed.now();
  now.stamp = '2';
  const next = feed.later();
  for (let second = 0; second < 2; second++) {
    clock.advance(1_000);
    await settled();
  }
  expect(asked.tasks).toBe(1);
  clock.advance(1_000);
  await next;
  expect(asked.tasks).toBe(2);
});

test('the last one to leave ends it, and whoever comes then starts anew', async () => {
  const { clock, feeds, asked } = setUp();
  const leaving = [new AbortController(), new AbortController()];
  const [feed] = leaving.map(({ signal }) => feeds.join('j', signal));
  const next = feed?.later();
  leaving[0]?.abort();
  expect(clock.pending).toEqual([1_000]);
  leaving[1]?.abort();
  expect(await next).toBeUndefined();
  expect(clock.pending).toEqual([]);
  expect(asked.stamp).toBe(0);
  expect(feeds.join('j', never())).not.toBe(feed);
});
