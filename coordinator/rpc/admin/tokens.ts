import type {
  AdminServiceServer,
  CreateTokenRequest,
  ListTokensRequest,
  RevokeTokenRequest,
} from '../../../shared/gen/clipgrid/v1/admin.ts';
import { isScope, isTokenName, SCOPES, TOKEN_NAME_RULE } from '../../domain/account.ts';
import { unary } from '../unary.ts';
import { invalidField, type AdminDeps } from './deps.ts';
import { slicePage } from './paging.ts';

function tokenName(field: string, value: string): string {
  if (!isTokenName(value)) throw invalidField(field, value, TOKEN_NAME_RULE);
  return value;
}

/** Tokens of people and programs: all of it is for administrators. */
export function tokenCalls(
  deps: AdminDeps,
): Pick<AdminServiceServer, 'createToken' | 'listTokens' | 'revokeToken'> {
  const { accounts } = deps.grid;
  return {
    createToken: unary(deps, 'admin', async (request: CreateTokenRequest) => {
      const name = tokenName('name', request.name);
      const ownerId = request.owner === '' ? name : tokenName('owner', request.owner);
      const scopes = request.scopes.map((scope) => {
        if (!isScope(scope)) throw invalidField('scopes', scope, `one or more of ${SCOPES.join(', ')}`);
        return scope;
      });
      if (scopes.length === 0) throw invalidField('scopes', '', `one or more of ${SCOPES.join(', ')}`);
      return accounts.createToken({ ownerId, name, scopes });
    }),

    listTokens: unary(deps, 'admin', async (request: ListTokensRequest) => {
      const { items, nextPageToken } = slicePage(
        request,
        await accounts.listTokens(),
        ({ ownerId, name }) => `${ownerId}/${name}`,
      );
      const tokens = items.map(({ ownerId, name, scopes, createdAt }) => ({
        owner: ownerId,
        name,
        scopes: [...scopes],
        createTime: createdAt,
      }));
      return { tokens, nextPageToken };
    }),

    revokeToken: unary(deps, 'admin', async ({ owner, name }: RevokeTokenRequest) => {
      await accounts.revokeToken(owner, name);
      return {};
    }),
  };
}
