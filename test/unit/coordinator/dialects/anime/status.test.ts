import { expect, it } from 'vitest';
import type { Context } from '../../../../../coordinator/dialects/anime/context.ts';
import { statusOf } from '../../../../../coordinator/dialects/anime/status.ts';

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
