import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { Step, Superseded } from '../../../../../coordinator/dialects/openencoder/jobs/step.ts';
import type { WorkStore } from '../../../../../coordinator/dialects/openencoder/jobs/work-store.ts';
import { ManualClock } from '../../../../support/manual-clock.ts';

const ROW = { job_id: 1, revision: 1, status: 'uploading' } as const;
const never = (): Promise<never> => new Promise(() => undefined);
/** Everything that is ready to run has run. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function begin(renew: () => boolean) {
  const clock = new ManualClock();
  const stop = new AbortController();
  const work = { renew: () => Promise.resolve(renew()) } as unknown as WorkStore;
  const step = new Step(ROW, { work, clock, signal: stop.signal });
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second++) {
      clock.advance(1_000);
      await settled();
    }
  };
  return { step, stop, pass };
}

it('ends when its job is somebody else\u2019s, also when a store never answers', async () => {
  const { step, pass } = begin(() => false);
  const ended = expect(step.run(never)).rejects.toThrow(Superseded);
  await pass(15);
  await ended;
});

it('ends when its coordinator stops, also when a store never answers', async () => {
  const { step, stop, pass } = begin(() => true);
  const ended = expect(step.run(never)).rejects.toThrow(Superseded);
  stop.abort();
  await pass(15);
  await ended;
});

it('fails when no byte has moved for ten minutes, and not before', async () => {
  const { step, pass } = begin(() => true);
  const source = new PassThrough();
  const bytes = step.counted(source).resume();
  let said: unknown;
  const ended = step.run(never).catch((error: unknown) => (said = error));
  await pass(599);
  source.write('more');
  await pass(599);
  expect(said).toBeUndefined();
  await pass(20);
  await ended;
  expect(said).toMatchObject({ code: 'timeout', message: expect.stringContaining('10 minutes') });
  expect(bytes.destroyed).toBe(true);
});
