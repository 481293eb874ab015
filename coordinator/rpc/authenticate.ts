import type { Metadata, ServiceError } from '@grpc/grpc-js';
import { ERROR_CODES, GridError, toGridError } from '../../shared/errors.ts';
import { hasScope, type Principal, type Scope } from '../domain/account.ts';
import type { AccountsFace } from '../grid/face.ts';

/** `none`: everybody is an administrator; only for a grid that nobody else can reach. */
export type AuthMode = 'none' | 'token';

export interface RpcAuth {
  readonly mode: AuthMode;
  readonly accounts: AccountsFace;
}

/** Who calls, by `authorization: Bearer TOKEN`; throws unless the token has the scope. */
export async function authenticate(auth: RpcAuth, metadata: Metadata, scope: Scope): Promise<Principal> {
  if (auth.mode === 'none') return { ownerId: 'local', tokenName: 'none', scopes: ['admin'] };
  const header = String(metadata.get('authorization')[0] ?? '');
  const secret = /^Bearer (\S+)$/i.exec(header)?.[1];
  const principal = secret === undefined ? undefined : await auth.accounts.authenticate(secret);
  if (principal === undefined) {
    throw new GridError(
      'unauthenticated',
      'send the metadata `authorization: Bearer TOKEN` with a valid token',
    );
  }
  if (!hasScope(principal, scope)) {
    throw new GridError('permission_denied', `the token ${principal.tokenName} lacks the scope ${scope}`);
  }
  return principal;
}

/** Any error as gRPC sends it. */
export function toStatus(thrown: unknown): Pick<ServiceError, 'code' | 'details'> {
  const error = toGridError(thrown);
  return { code: ERROR_CODES[error.code].grpc, details: error.message };
}
