import type { Principal, Scope } from '../domain/account.ts';

export interface StoredToken {
  readonly ownerId: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
}

export interface NewToken {
  readonly ownerId: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly secretSha256: Buffer;
}

export interface TokenStore {
  /** By the SHA-256 of the secret; secrets are random or an operator's, and never stored. */
  find(secretSha256: Buffer): Promise<Principal | undefined>;
  put(token: NewToken): Promise<void>;
  /** As `put`, but never in place of a valid token of that owner and name: false then. */
  create(token: NewToken): Promise<boolean>;
  /** Valid ones, by owner and name. */
  list(): Promise<StoredToken[]>;
  /** False: there is no such valid token. */
  revoke(ownerId: string, name: string): Promise<boolean>;
}
