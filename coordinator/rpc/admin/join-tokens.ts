import type {
  AdminServiceServer,
  CreateJoinTokenRequest,
  ListJoinTokensRequest,
  RevokeJoinTokenRequest,
} from '../../../shared/gen/clipgrid/v1/admin.ts';
import { nameOf } from '../../domain/account.ts';
import { JOIN_TOKEN_DEFAULTS, JOIN_TOKEN_LIMITS } from '../../domain/enrolment.ts';
import { unary } from '../unary.ts';
import { invalidField, type AdminDeps } from './deps.ts';
import { joinTokenMessage } from './messages.ts';
import { slicePage } from './paging.ts';

/** A field of which 0 means the default. */
function upTo(field: string, value: number, limits: { most: number; usual: number }): number {
  const { most, usual } = limits;
  if (value > most) throw invalidField(field, value, `1 to ${most}, or 0 for ${usual}`);
  return value === 0 ? usual : value;
}

/** Tokens that let machines join: all of it is for administrators. */
export function joinTokenCalls(
  deps: AdminDeps,
): Pick<AdminServiceServer, 'createJoinToken' | 'listJoinTokens' | 'revokeJoinToken'> {
  const { enrolment } = deps.grid;
  return {
    createJoinToken: unary(deps, 'admin', async (request: CreateJoinTokenRequest, principal) => {
      const uses = { most: JOIN_TOKEN_LIMITS.uses, usual: JOIN_TOKEN_DEFAULTS.uses };
      const expires = { most: JOIN_TOKEN_LIMITS.expiresS, usual: JOIN_TOKEN_DEFAULTS.expiresS };
      const { secret, ...token } = await enrolment.createJoinToken({
        uses: upTo('uses', request.uses, uses),
        expiresS: upTo('expires_seconds', request.expiresSeconds, expires),
        createdBy: nameOf(principal),
      });
      return { token: joinTokenMessage(token), secret };
    }),

    listJoinTokens: unary(deps, 'admin', async (request: ListJoinTokensRequest) => {
      const all = await enrolment.listJoinTokens();
      const { items, nextPageToken } = slicePage(request, all, (token) => token.tokenId);
      return { tokens: items.map(joinTokenMessage), nextPageToken };
    }),

    revokeJoinToken: unary(deps, 'admin', async ({ tokenId }: RevokeJoinTokenRequest) => {
      await enrolment.revokeJoinToken(tokenId);
      return {};
    }),
  };
}
