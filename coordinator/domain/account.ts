import { GridError } from '../../shared/errors.ts';

export const SCOPES = ['read', 'submit', 'agent', 'admin'] as const;

/** `admin` implies all others; `submit` implies `read`. */
export type Scope = (typeof SCOPES)[number];

export function isScope(text: string): text is Scope {
  return (SCOPES as readonly string[]).includes(text);
}

/** Names of tokens, and of whom they are for, as people give them. */
export function isTokenName(text: string): boolean {
  return /^[\w.@-]{1,64}$/.test(text);
}

export const TOKEN_NAME_RULE = '1 to 64 letters, digits and . _ @ -';

/** Who makes a request. Jobs, uploads and dialect objects belong to an owner; tokens of one owner see the same things. */
export interface Principal {
  readonly ownerId: string;
  readonly tokenName: string;
  readonly scopes: readonly Scope[];
}

/** Whether `principal` may do what needs `scope`. */
export function hasScope(principal: Principal, scope: Scope): boolean {
  const { scopes } = principal;
  if (scopes.includes('admin') || scopes.includes(scope)) return true;
  return scope === 'read' && scopes.includes('submit');
}

/** The secret of a header `authorization: Bearer SECRET`. */
export function bearerSecret(header: string): string | undefined {
  return /^Bearer (\S+)$/i.exec(header)?.[1];
}

/** The one place where a token meets what it is used for: throws `permission_denied` unless it has the scope. */
export function checkScope(principal: Principal, scope: Scope): void {
  if (hasScope(principal, scope)) return;
  throw new GridError('permission_denied', `the token ${principal.tokenName} lacks the scope ${scope}`);
}

/** Whether an error says that a token is not, or no more, good for what is asked; anything else says nothing of it. */
export function isRefusal(thrown: unknown): boolean {
  return (
    thrown instanceof GridError && (thrown.code === 'unauthenticated' || thrown.code === 'permission_denied')
  );
}

/** Who it is, in lists of what somebody made. */
export function nameOf({ ownerId, tokenName }: Principal): string {
  return ownerId === tokenName ? ownerId : `${ownerId}/${tokenName}`;
}

/** Owner of everything on a grid without authentication. */
export const LOCAL: Principal = { ownerId: 'local', tokenName: 'none', scopes: ['admin'] };

/** Whose things a principal sees: an administrator everybody's. */
export function ownerFilter(principal: Principal): string | undefined {
  return principal.scopes.includes('admin') ? undefined : principal.ownerId;
}
