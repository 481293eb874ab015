import type { UserView } from '../domain/user.ts';
import type { Transaction } from './transaction.ts';

export interface NewUserRow {
  readonly realm: string;
  readonly name: string;
  readonly passwordHash: string;
  readonly role: string;
  readonly active: boolean;
  readonly mustReset: boolean;
}

export interface StoredUser extends UserView {
  readonly passwordHash: string;
}

export type UserRowChange = Partial<Omit<NewUserRow, 'realm'>>;

/** Failures of one account or address so far, and how many it may have. */
export interface FailureLimit {
  /** A hash: names may be long, and are nobody's business here. */
  readonly subject: Buffer;
  readonly most: number;
}

/** Users on the database. Texts with a NUL are never asked for. */
export interface UserStore {
  /** `already_exists` for a name that is taken. */
  create(user: NewUserRow, tx?: Transaction): Promise<StoredUser>;
  /** The first user of a realm, of id 1; undefined when it has had one already. */
  createFirst(user: NewUserRow): Promise<StoredUser | undefined>;
  byId(realm: string, id: number, tx?: Transaction): Promise<StoredUser | undefined>;
  byName(realm: string, name: string, tx?: Transaction): Promise<StoredUser | undefined>;
  /** By descending id. */
  list(realm: string, page: { readonly offset: number; readonly limit: number }): Promise<StoredUser[]>;
  count(realm: string): Promise<number>;
  /** Undefined: there is none. `already_exists` for a name that is taken. The version rises when something is different. */
  update(
    user: { readonly realm: string; readonly id: number },
    change: UserRowChange,
    tx?: Transaction,
  ): Promise<StoredUser | undefined>;
  /** Whole seconds until the first of these may be tried again; 0: now. */
  waitS(limits: readonly FailureLimit[]): Promise<number>;
  countFailure(subjects: readonly Buffer[], windowS: number): Promise<void>;
  /** Forgets failures that no longer count. */
  pruneFailures(): Promise<void>;
}
