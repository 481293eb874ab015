import type { IdSource } from '../../shared/ids.ts';
import type { TokenStore } from '../store/token-store.ts';
import type { AccountsFace } from './face.ts';
import { secretHash } from './secret-hash.ts';

const SECRET_BYTES = 32;

/** Tokens of all dialects. */
export function createAccounts(tokens: TokenStore, ids: IdSource): AccountsFace {
  return {
    authenticate: (secret) => tokens.find(secretHash(secret)),
    async createToken({ ownerId, name, scopes }) {
      const secret = `cg_${ids.secret(SECRET_BYTES)}`;
      await tokens.put({ ownerId, name, scopes, secretSha256: secretHash(secret) });
      return { secret };
    },
    ensureToken: ({ ownerId, name, scopes, secret }) =>
      tokens.put({ ownerId, name, scopes, secretSha256: secretHash(secret) }),
    listTokens: () => tokens.list(),
    revokeToken: (ownerId, name) => tokens.revoke(ownerId, name),
  };
}
