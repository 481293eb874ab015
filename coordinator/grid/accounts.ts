import { GridError } from '../../shared/errors.ts';
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
      if (!(await tokens.create({ ownerId, name, scopes, secretSha256: secretHash(secret) }))) {
        const message = `${ownerId} has a token ${name} already: revoke it first, or give another name`;
        throw new GridError('already_exists', message, { details: { field: 'name', value: name } });
      }
      return { secret };
    },
    ensureToken: ({ ownerId, name, scopes, secret }) =>
      tokens.put({ ownerId, name, scopes, secretSha256: secretHash(secret) }),
    listTokens: () => tokens.list(),
    async revokeToken(ownerId, name) {
      if (await tokens.revoke(ownerId, name)) return;
      throw new GridError('not_found', `${ownerId} has no valid token ${name}`, {
        details: { field: 'name', value: name },
      });
    },
  };
}
