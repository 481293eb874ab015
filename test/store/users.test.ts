import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isOutdated, tokenTimeS } from '../../coordinator/domain/user.ts';
import type { SignIn, UsersFace } from '../../coordinator/grid/face.ts';
import { createUsers } from '../../coordinator/grid/users.ts';
import { postgresUserStore } from '../../coordinator/store/postgres/user-store.ts';
import { createGridFixture, type GridFixture } from '../support/grid-fixture.ts';

const LIMITS = { perAccount: 3, perAddress: 5, windowS: 60 };

let grid: GridFixture;
let users: UsersFace;
let count = 0;
let realm: string;

beforeAll(async () => {
  grid = await createGridFixture();
  users = createUsers(postgresUserStore(grid.db));
});
afterAll(() => grid.close());
beforeEach(async () => {
  realm = `realm ${++count}`;
  await grid.pool.query('truncate sign_in_failures');
});

const make = (name: string, over = {}) =>
  users.create({ realm, name, password: `pw of ${name}`, role: 'guest', ...over });
const signIn = (name: string, over: Partial<SignIn> = {}) =>
  users.authenticate({ realm, name, password: `pw of ${name}`, address: '1.2.3.4', limits: LIMITS, ...over });
const wrong = (name: string, over: Partial<SignIn> = {}) => signIn(name, { password: 'wrong', ...over });

describe('users', () => {
  test('have numbers of their realm from 1, none twice and none left out, also when many come at once', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, (_, i) => make(`u${i}`)));
    await expect(make('u3')).rejects.toMatchObject({ code: 'already_exists', details: { value: 'u3' } });
    expect((await make('last')).id).toBe(9);
    expect(made.map((user) => user.id).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    realm += ' other';
    expect(await make('u3')).toMatchObject({ id: 1, name: 'u3', role: 'guest', active: true, version: 1 });
  });

  test('are listed by page from the newest, with the number of all', async () => {
    for (const name of ['a', 'b', 'c']) await make(name);
    const page = await users.list(realm, { offset: 1, limit: 1 });
    expect(page).toMatchObject({ total: 3, items: [{ id: 2, name: 'b' }] });
    expect(await users.list(realm, { offset: 9, limit: 5 })).toEqual({ total: 3, items: [] });
    expect(JSON.stringify(page)).not.toContain('scrypt');
  });

  test.each(['', 'x'.repeat(129), 'a\0b', 'a\nb'])('a name like %j is refused', async (name) => {
    await expect(make(name)).rejects.toMatchObject({ code: 'invalid_argument', details: { field: 'name' } });
    await expect(signIn(name)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  test('passwords are hashes in the database, with a salt of each, and the cost in them', async () => {
    await make('a', { password: 'same' });
    await make('b', { password: 'same' });
    const { rows } = await grid.pool.query<{ password_hash: string }>(
      'select password_hash from users where realm = $1',
      [realm],
    );
    const [one, two] = rows.map((row) => row.password_hash);
    expect(one).toMatch(/^\$scrypt\$16384\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
    expect(one).not.toBe(two);
    await expect(make('c', { password: '' })).rejects.toMatchObject({ details: { field: 'password' } });
    await expect(make('c', { password: 'x'.repeat(1025) })).rejects.toMatchObject({
      details: { field: 'password' },
    });
  });

  test('sign in by their password only; a wrong one and an unknown name are the same answer', async () => {
    await make('ann', { role: 'operator', active: false, mustReset: true });
    expect(await signIn('ann')).toMatchObject({ id: 1, role: 'operator', active: false, mustReset: true });
    const answers = await Promise.allSettled([wrong('ann'), wrong('nobody', { address: '2.2.2.2' })]);
    const said = answers.map((answer) => (answer.status === 'rejected' ? String(answer.reason) : 'let in'));
    expect(said[0]).toBe('GridError: the name or the password is wrong');
    expect(said[1]).toBe(said[0]);
  });

  test('the password of an unknown name is worked on as one of a known name is', async () => {
    const asked: (string | undefined)[] = [];
    const store = postgresUserStore(grid.db);
    const cpu = async (work: () => Promise<unknown>): Promise<number> => {
      const before = process.cpuUsage();
      await work();
      return process.cpuUsage(before).user;
    };
    const own = createUsers({
      ...store,
      byName: async (r, name) => (asked.push(name), store.byName(r, name)),
    });
    await make('ann');
    const guess = (name: string, address: string) => () =>
      own
        .authenticate({ realm, name, password: 'x', address, limits: LIMITS })
        .catch((error: unknown) => error);
    const known = await cpu(guess('ann', '1.1.1.1'));
    const unknown = await cpu(guess('nobody', '1.1.1.2'));
    expect(asked).toEqual(['ann', 'nobody']);
    // Hashing is nearly all of it: without it the second would be some hundredths of the first.
    expect(unknown).toBeGreaterThan(known / 4);
  });

  test('too many failures of one account: even the right password waits, from any address and at once', async () => {
    await make('ann');
    for (let i = 0; i < 3; i++) await wrong('ann', { address: `9.9.9.${i}` }).catch(() => undefined);
    const refused = await signIn('ann').catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: 'resource_exhausted',
      details: { retryAfterS: expect.any(Number) },
    });
    const { retryAfterS } = (refused as { details: { retryAfterS: number } }).details;
    expect(retryAfterS).toBeGreaterThan(50);
    expect(retryAfterS).toBeLessThanOrEqual(60);
    await make('bob');
    expect(await signIn('bob')).toMatchObject({ name: 'bob' });
    await grid.pool.query(`update sign_in_failures set ends_at = now()`);
    expect(await signIn('ann')).toMatchObject({ name: 'ann' });
    await expect(wrong('ann')).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(await signIn('ann')).toMatchObject({ name: 'ann' });
  });

  test('too many failures of one address, whatever the names: that address waits, others do not', async () => {
    await make('ann');
    for (let i = 0; i < 5; i++) await wrong(`guess ${i}`).catch(() => undefined);
    await expect(signIn('ann')).rejects.toMatchObject({ code: 'resource_exhausted' });
    expect(await signIn('ann', { address: '5.6.7.8' })).toMatchObject({ name: 'ann' });
  });

  test('guesses at the same moment are not more guesses, and another coordinator counts the same', async () => {
    await make('ann');
    const guesses = await Promise.allSettled(
      Array.from({ length: 12 }, (_, i) => wrong('ann', { address: `8.8.8.${i}` })),
    );
    const codes = guesses.map((one) =>
      one.status === 'rejected' ? (one.reason as { code: string }).code : '',
    );
    expect(codes.filter((code) => code === 'unauthenticated')).toHaveLength(3);
    expect(codes.filter((code) => code === 'resource_exhausted')).toHaveLength(9);
    users = createUsers(postgresUserStore(grid.db));
    await expect(signIn('ann')).rejects.toMatchObject({ code: 'resource_exhausted' });
  });

  test('nor are guesses of one address at the same moment, each at another name', async () => {
    const guesses = await Promise.allSettled(Array.from({ length: 12 }, (_, i) => wrong(`guess ${i}`)));
    const codes = guesses.map((one) =>
      one.status === 'rejected' ? (one.reason as { code: string }).code : '',
    );
    expect(codes.filter((code) => code === 'unauthenticated')).toHaveLength(5);
    expect(codes.filter((code) => code === 'resource_exhausted')).toHaveLength(7);
  });

  test('failures that are over are forgotten', async () => {
    await wrong('nobody').catch(() => undefined);
    await grid.pool.query(`update sign_in_failures set ends_at = now() - interval '1 second'`);
    await postgresUserStore(grid.db).pruneFailures();
    expect((await grid.pool.query('select 1 from sign_in_failures')).rowCount).toBe(0);
  });

  test.each([
    [{ name: 'other' }, true],
    [{ password: 'another' }, true],
    [{ role: 'admin' }, true],
    [{ active: false }, true],
    [{ mustReset: true }, true],
    [{}, false],
    [{ name: 'ann', role: 'guest', active: true, mustReset: false }, false],
  ])('a change to %j ends what was signed in before: %s', async (change, ends) => {
    const { id } = await make('ann');
    await make('second');
    const before = await signIn('ann');
    const issuedS = tokenTimeS(before);
    expect(isOutdated(before, issuedS)).toBe(false);
    const after = await users.update({ realm, id }, change);
    expect(after.version).toBe(before.version + (ends ? 1 : 0));
    expect(after.changedAt.getTime() > before.changedAt.getTime()).toBe(ends);
    const { password: _, ...shown } = { password: '', ...change };
    expect(await users.get(realm, id)).toMatchObject({ ...shown, version: after.version });
    // A token of this very moment, whatever the fraction of the second.
    expect(isOutdated(after, tokenTimeS(after))).toBe(false);
    if (ends) expect(isOutdated(after, Math.floor(after.changedAt.getTime() / 1000) - 1)).toBe(true);
  });

  test('a new password lets in, the old one no longer; a new name too', async () => {
    const { id } = await make('ann');
    await users.update({ realm, id }, { name: 'anna', password: 'fresh' });
    expect(await signIn('anna', { password: 'fresh' })).toMatchObject({ id });
    await expect(signIn('anna', { password: 'pw of ann' })).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    await expect(signIn('ann')).rejects.toMatchObject({ code: 'unauthenticated' });
    await make('bob');
    await expect(users.update({ realm, id }, { name: 'bob' })).rejects.toMatchObject({
      code: 'already_exists',
    });
  });

  test('who is not there is not found', async () => {
    for (const id of [0, 1, -1, 1.5, Number.NaN, 2 ** 40]) {
      await expect(users.get(realm, id)).rejects.toMatchObject({ code: 'not_found' });
      await expect(users.update({ realm, id }, {})).rejects.toMatchObject({ code: 'not_found' });
    }
    expect(await users.find(realm, 'a\0b')).toBeUndefined();
  });

  test('the first administrator is made once, by one of all who start', async () => {
    const admin = { realm, name: 'admin', password: 'initial', role: 'admin', mustReset: true };
    const made = await Promise.all(Array.from({ length: 4 }, () => users.ensureAdmin(admin)));
    expect(made.filter((one) => one.created)).toHaveLength(1);
    expect(made.map((one) => one.user.id)).toEqual([1, 1, 1, 1]);
    await users.update({ realm, id: 1 }, { name: 'root', password: 'changed', mustReset: false });
    expect(await users.ensureAdmin(admin)).toMatchObject({ created: false, user: { name: 'root' } });
    expect(await signIn('root', { password: 'changed' })).toMatchObject({ mustReset: false });
    expect((await make('next')).id).toBe(2);
  });

  test('one is made in the caller’s transaction, or not at all', async () => {
    const undone = grid.db.transaction().execute(async (tx) => {
      await users.create({ realm, name: 'ann', password: 'x', role: 'guest' }, tx);
      expect(await users.find(realm, 'ann', tx)).toMatchObject({ id: 1 });
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await users.find(realm, 'ann')).toBeUndefined();
    expect((await make('bob')).id).toBe(1);
  });
});
