import { createHash } from 'node:crypto';
import { GridError } from '../../shared/errors.ts';
import { KeyedLock } from '../../shared/keyed-lock.ts';
import type { SignInLimits, UserView } from '../domain/user.ts';
import type { StoredUser, UserStore } from '../store/user-store.ts';
import type { SignIn, UsersFace } from './face.ts';
import { PasswordHasher } from './password-hash.ts';

const MAX_NAME_CHARS = 128;
const MAX_PASSWORD_BYTES = 1024;

function subject(kind: 'account' | 'address', realm: string, value: string): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([kind, realm, value]))
    .digest();
}

function toView(user: StoredUser): UserView {
  const { passwordHash: _, ...view } = user;
  return view;
}

function checkName(name: string): void {
  const length = Array.from(name).length;
  if (length >= 1 && length <= MAX_NAME_CHARS && !/\p{Cc}/u.test(name)) return;
  const message = `name has ${length} characters: give 1 to ${MAX_NAME_CHARS} without control characters`;
  throw new GridError('invalid_argument', message, { details: { field: 'name' } });
}

function checkPassword(password: string): void {
  const bytes = Buffer.byteLength(password);
  if (bytes >= 1 && bytes <= MAX_PASSWORD_BYTES) return;
  const message = `password has ${bytes} bytes: give 1 to ${MAX_PASSWORD_BYTES}`;
  throw new GridError('invalid_argument', message, { details: { field: 'password' } });
}

function noUser(id: number): GridError {
  return new GridError('not_found', `there is no user ${id}`, { details: { field: 'id', value: id } });
}

function isId(id: number): boolean {
  return Number.isInteger(id) && id >= 1 && id < 2 ** 31;
}

/** Users of all realms. */
export function createUsers(users: UserStore): UsersFace {
  const hasher = new PasswordHasher();
  // Guesses at the same moment must not outrun the counts: of an address first, so that nobody waits in a circle.
  const turns = new KeyedLock();
  const inTurn = <T>({ realm, name, address }: SignIn, work: () => Promise<T>): Promise<T> => {
    const key = (...of: string[]): string => JSON.stringify(of);
    return turns.run(key('address', realm, address), () => turns.run(key('account', realm, name), work));
  };

  async function refuseMany({ realm, name, address, limits }: SignIn): Promise<void> {
    const waitS = await users.waitS([
      { subject: subject('account', realm, name), most: limits.perAccount },
      { subject: subject('address', realm, address), most: limits.perAddress },
    ]);
    if (waitS === 0) return;
    throw new GridError('resource_exhausted', `too many sign-ins failed: try again in ${waitS} s`, {
      details: { retryAfterS: waitS },
    });
  }

  async function signIn(input: SignIn): Promise<UserView> {
    const { realm, name, password, address, limits } = input;
    await refuseMany(input);
    const user = name.includes('\0') ? undefined : await users.byName(realm, name);
    if (user && (await hasher.matches(password, user.passwordHash))) return toView(user);
    if (!user) await hasher.matches(password, undefined);
    const subjects = [subject('account', realm, name), subject('address', realm, address)];
    await users.countFailure(subjects, windowOf(limits));
    throw new GridError('unauthenticated', 'the name or the password is wrong');
  }

  return {
    async create({ realm, name, password, role, active = true, mustReset = false }, tx) {
      checkName(name);
      checkPassword(password);
      const passwordHash = await hasher.hash(password);
      return toView(await users.create({ realm, name, passwordHash, role, active, mustReset }, tx));
    },
    authenticate: (input) => inTurn(input, () => signIn(input)),
    async get(realm, id, tx) {
      const user = isId(id) ? await users.byId(realm, id, tx) : undefined;
      if (user === undefined) throw noUser(id);
      return toView(user);
    },
    async find(realm, name, tx) {
      const user = name.includes('\0') ? undefined : await users.byName(realm, name, tx);
      return user && toView(user);
    },
    async list(realm, page) {
      const [total, items] = await Promise.all([users.count(realm), users.list(realm, page)]);
      return { total, items: items.map(toView) };
    },
    async update({ realm, id }, { password, ...change }, tx) {
      if (change.name !== undefined) checkName(change.name);
      if (password !== undefined) checkPassword(password);
      const hash = password === undefined ? {} : { passwordHash: await hasher.hash(password) };
      const user = isId(id) ? await users.update({ realm, id }, { ...change, ...hash }, tx) : undefined;
      if (user === undefined) throw noUser(id);
      return toView(user);
    },
    async ensureAdmin({ realm, name, password, role, mustReset }) {
      const there = await users.byId(realm, 1);
      if (there) return { user: toView(there), created: false };
      checkName(name);
      checkPassword(password);
      const passwordHash = await hasher.hash(password);
      const made = await users.createFirst({ realm, name, passwordHash, role, active: true, mustReset });
      if (made) return { user: toView(made), created: true };
      const user = await users.byId(realm, 1);
      if (user === undefined) throw noUser(1);
      return { user: toView(user), created: false };
    },
  };
}

function windowOf({ windowS }: SignInLimits): number {
  return Math.max(1, Math.round(windowS));
}
