import { expect, test } from 'vitest';
import { SharedReads } from '../../../../../coordinator/dialects/finalrip/shared-reads.ts';

/** Reads that end when they are told to, each with its number. */
function reads() {
  const finish: ((failed?: Error) => void)[] = [];
  const read = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const number = finish.length;
      finish.push((failed) => (failed ? reject(failed) : resolve(String(number))));
    });
  return { finish, read };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('those who ask while a read is under way share the one after it, never the one before their question', async () => {
  const { finish, read } = reads();
  const shared = new SharedReads<string>();
  const first = shared.get('a', read);
  const later = [shared.get('a', read), shared.get('a', read)];
  const other = shared.get('b', read);
  expect(finish.length).toBe(2);
  finish[0]?.();
  expect(await first).toBe('0');
  await settled();
  expect(finish.length).toBe(3);
  const last = shared.get('a', read);
  finish[2]?.();
  expect(await Promise.all(later)).toEqual(['2', '2']);
  await settled();
  finish[3]?.();
  expect(await last).toBe('3');
  finish[1]?.();
  expect(await other).toBe('1');
});

test('a read that fails fails for those who share it, and the next one is made', async () => {
  const { finish, read } = reads();
  const shared = new SharedReads<string>();
  const first = shared.get('a', read);
  const second = shared.get('a', read);
  finish[0]?.(new Error('away'));
  await expect(first).rejects.toThrow('away');
  await settled();
  finish[1]?.();
  expect(await second).toBe('1');
  await settled();
  void shared.get('a', read);
  expect(finish.length).toBe(3);
});
