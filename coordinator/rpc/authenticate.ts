import type { Metadata } from '@grpc/grpc-js';
import { GridError } from '../../shared/errors.ts';
import { bearerSecret, checkScope, LOCAL, type Principal, type Scope } from '../domain/account.ts';
import type { AccountsFace } from '../grid/face.ts';

/** `none`: everybody is an administrator; only for a grid that nobody else can reach. */
export type AuthMode = 'none' | 'token';

export interface RpcAuth {
  readonly mode: AuthMode;
  readonly accounts: AccountsFace;
}

/** Whoever asks for health or descriptions: those tell nothing of anybody. */
export const ANYBODY: Principal = { ownerId: '', tokenName: 'none', scopes: [] };

/** Who calls, by `authorization: Bearer TOKEN`; throws unless the token has the scope. */
export async function authenticate(auth: RpcAuth, metadata: Metadata, scope: Scope): Promise<Principal> {
  if (auth.mode === 'none') return LOCAL;
  const secret = bearerSecret(String(metadata.get('authorization')[0] ?? ''));
  const principal = secret === undefined ? undefined : await auth.accounts.authenticate(secret);
  if (principal === undefined) {
    throw new GridError(
      'unauthenticated',
      'send the metadata `authorization: Bearer TOKEN` with a valid token',
    );
  }
  checkScope(principal, scope);
  return principal;
}
