import { expect, it } from 'vitest';
import type { Context } from '../../../../../coordinator/dialects/anime/context.ts';
import { statusOf } from '../../../../../coordinator/dialects/anime/status.ts';
import type { JobProgress } from '../../../../../coordinator/domain/task.ts';

const ID = '01a22308-5536-7000-b0bc-f82bec45eac9';

/** A call that ends, with its only rendition, while its status is being read: right after the first reading. */
function endingCall(): Context {
  let isOver = false;
  const read = <T>(row: () => T): Promise<T> => {
    const seen = row();
    isOver = true;
    return Promise.resolve(seen);
  };
  const store = {
    find: () =>
      read(() => ({
        task_id: ID,
        dst_path: 'x',
        stage: isOver ? 'done' : 'source',
        error: isOver ? 'no source' : null,
      })),
    renditions: () =>
      read(() => [
        {
          task_id: ID,
          rendition: '720p',
          state: isOver ? 'FAILURE' : null,
          job_id: null,
          is_published: false,
          log: '',
        },
      ]),
  };
  return {
    store,
    subtitles: { find: () => Promise.resolve(undefined) },
    parts: { grid: {} },
  } as unknown as Context;
}

it('tells no end without its reason, whenever it is asked', async () => {
  const answer = await statusOf(endingCall(), ID);
  expect([answer.status['720p'], answer.error]).not.toEqual(['FAILURE', null]);
  const after = endingCall();
  await after.store.find(ID);
  expect(await statusOf(after, ID)).toMatchObject({ status: { '720p': 'FAILURE' }, error: 'no source' });
});

it('asks the grid once for all that is open, and takes what is gone as started', async () => {
  const tasks = { leased: 0, readyAgain: 0, ended: 0 };
  const told = new Map<string, JobProgress>([
    ['a', { state: 'encoding', framesTotal: 300, framesDone: 100, tasks: { ...tasks, leased: 1 } }],
    ['b', { state: 'encoding', framesTotal: 300, framesDone: 0, tasks }],
  ]);
  const asked: (readonly string[])[] = [];
  const row = (rendition: string, job_id: string | null, state: string | null = null) => ({
    task_id: ID,
    rendition,
    state,
    job_id,
    is_published: state === 'SUCCESS',
    log: '',
  });
  const rows = [
    row('1080p', 'a'),
    row('720p', 'b'),
    row('480p', 'gone'),
    row('360p', null),
    row('240p', 'd', 'SUCCESS'),
  ];
  const progress = (jobIds: readonly string[]) => (asked.push(jobIds), Promise.resolve(told));
  const context = {
    store: {
      find: () => Promise.resolve({ task_id: ID, dst_path: 'x', stage: 'ladder', error: null }),
      renditions: () => Promise.resolve(rows),
    },
    subtitles: { find: () => Promise.resolve(undefined) },
    parts: { grid: { jobs: { progress } } },
  } as unknown as Context;
  expect(await statusOf(context, ID)).toMatchObject({
    status: {
      '1080p': 'STARTED',
      '720p': 'PENDING',
      '480p': 'STARTED',
      '360p': 'STARTED',
      '240p': 'SUCCESS',
    },
    progress: { '1080p': 0.333, '720p': 0, '480p': 0, '360p': 0, '240p': 1 },
  });
  expect(asked).toEqual([['a', 'b', 'gone']]);
});
