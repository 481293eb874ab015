import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { Companions } from '../../../agent/companions.ts';
import type { RunnerContext } from '../../../agent/runners/runner.ts';

test('common work that fails when whoever began it is gone is nobody’s unhandled rejection', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));
  const companions = new Companions(2, async () => ({}) as RunnerContext);
  const gone = AbortSignal.abort(new Error('the lease was lost'));
  const work = (): Promise<never> => Promise.reject(new Error('the source is away'));
  await expect(companions.member().once(work, gone)).rejects.toThrow();
  await setImmediate();
  await setImmediate();
  expect(unhandled).toEqual([]);
  // Whoever stays hears of it.
  const { signal } = new AbortController();
  await expect(companions.member().once(work, signal)).rejects.toThrow('the source is away');
});
