import { expect, it } from 'vitest';
import { KnownCallers } from '../../../../../coordinator/dialects/openencoder/accounts/known-callers.ts';
import { ManualClock } from '../../../../support/manual-clock.ts';

const never = (): never => {
  throw new Error('looked up');
};
const found =
  (caller: string, expiresS = Infinity) =>
  () =>
    Promise.resolve({ caller, expiresS });

it('keeps a caller for a second, and no longer than their token lives', async () => {
  const clock = new ManualClock();
  const known = new KnownCallers<string>(clock);
  expect(known.get('t')).toBeUndefined();
  expect(await known.find('t', found('a'))).toBe('a');
  await known.find('short', found('b', clock.wallMs() / 1000 + 0.5));
  clock.advance(600);
  expect([known.get('t'), known.get('short')]).toEqual(['a', undefined]);
  clock.advance(600);
  expect(known.get('t')).toBeUndefined();
});

it('forgets everybody with a change, also whoever was read while it went on', async () => {
  const known = new KnownCallers<string>(new ManualClock());
  await known.find('t', found('a'));
  const read = Promise.withResolvers<{ caller: string; expiresS: number }>();
  const reading = known.find('slow', () => read.promise);
  await known.afterChange(Promise.resolve());
  read.resolve({ caller: 'as they were', expiresS: Infinity });
  expect(await reading).toBe('as they were');
  expect([known.get('t'), known.get('slow')]).toEqual([undefined, undefined]);
  await expect(known.afterChange(Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(known.find('t', never)).rejects.toThrow('looked up');
});
