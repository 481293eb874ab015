import { expect, test } from 'vitest';
import { TicketSigner } from '../../../../../coordinator/dialects/finalrip/ticket.ts';
import { Urls } from '../../../../../coordinator/dialects/finalrip/urls.ts';
import type { ObjectRef, SignGetOptions } from '../../../../../coordinator/objects/object-store.ts';
import { ManualClock } from '../../../../support/manual-clock.ts';

const LIFE_S = 172_800;

function setUp() {
  const clock = new ManualClock();
  const signed: string[] = [];
  const objects = {
    async signGet({ bucket, key }: ObjectRef, { expiresS, fileName }: SignGetOptions): Promise<string> {
      signed.push(key);
      return `${bucket}/${key} as ${fileName} until ${Math.floor(clock.wallMs() / 1000) + expiresS}`;
    },
  };
  const urls = new Urls({ objects, signer: new TicketSigner('secret'), publicUrl: 'http://grid', clock });
  return { clock, signed, urls };
}

test('URLs of encoded clips are signed once in ten minutes, and always work for 48 hours more', async () => {
  const { clock, signed, urls } = setUp();
  const secondsLeft = (url: string | undefined): number =>
    Number(/until (\d+)$/.exec(url ?? '')?.[1]) - Math.floor(clock.wallMs() / 1000);
  const first = await urls.segments('b', ['x', undefined, 'y']);
  expect(first.map((url) => url.split(' until ')[0])).toEqual(['b/x as x', '', 'b/y as y']);
  clock.advance(599_000);
  expect(await urls.segments('b', ['x', 'z'])).toEqual([first[0], expect.stringContaining('b/z as z')]);
  expect(signed).toEqual(['x', 'y', 'z']);
  expect(secondsLeft(first[0])).toBeGreaterThanOrEqual(LIFE_S);
  clock.advance(2_000);
  const [again] = await urls.segments('b', ['x']);
  expect(secondsLeft(again)).toBeGreaterThanOrEqual(LIFE_S);
  expect(signed).toEqual(['x', 'y', 'z', 'x']);
});

test('equal names in two buckets have two URLs', async () => {
  const { urls } = setUp();
  expect(await urls.segments('b', ['x'])).not.toEqual(await urls.segments('c', ['x']));
});
