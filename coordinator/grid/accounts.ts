import { createHash } from 'node:crypto';
import type { IdSource } from '../../shared/ids.ts';
import type { TokenStore } from '../store/token-store.ts';
import type { AccountsFace } from './face.ts';

const SECRET_BYTES = 32;

function hash(secret: string): Buffer {
  return createHash('sha256').update(secret, 'utf8').digest();
}

/**
 * Tokens of all dialects. The look-up is by the secret's SHA-256: an attacker who times it learns about hashes that he
 * cannot choose, so it tells nothing of the secret.
 */
export function createAccounts(tokens: TokenStore, ids: IdSource): AccountsFace {
  return {
    authenticate: (secret) => tokens.find(hash(secret)),
    async createToken({ ownerId, name, scopes }) {
      const secret = `cg_${ids.secret(SECRET_BYTES)}`;
      await tokens.put({ ownerId, name, scopes, secretSha256: hash(secret) });
      return { secret };
    },
    ensureToken: ({ ownerId, name, scopes, secret }) =>
      tokens.put({ ownerId, name, scopes, secretSha256: hash(secret) }),
    listTokens: () => tokens.list(),
    revokeToken: (ownerId, name) => tokens.revoke(ownerId, name),
  };
}
