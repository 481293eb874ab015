import type { Principal, Scope } from '../domain/account.ts';

export interface StoredToken {
  readonly ownerId: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
}

export interface TokenStore {
  /** By the SHA-256 of the secret; secrets are random or an operator's, and never stored. */
  find(secretSha256: Buffer): Promise<Principal | undefined>;
  put(token: {
    ownerId: string;
    name: string;
    scopes: readonly Scope[];
    secretSha256: Buffer;
  }): Promise<void>;
  list(): Promise<StoredToken[]>;
  revoke(ownerId: string, name: string): Promise<void>;
}
