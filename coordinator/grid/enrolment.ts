import { isProofOf, KEY_BYTES } from '../../shared/agent-proof.ts';
import { GridError } from '../../shared/errors.ts';
import type { IdSource } from '../../shared/ids.ts';
import type { AgentAuth, AgentStanding } from '../domain/enrolment.ts';
import type { EnrolmentResult, EnrolmentStore } from '../store/enrolment-store.ts';
import type { AgentClaim, EnrolmentFace } from './face.ts';
import { secretHash } from './secret-hash.ts';

const SECRET_BYTES = 32;
const CONFIGURED = 'configured';
const MAX_NAME_CHARS = 200;
const ANOTHER = 'make another with `clipgrid join-token create`';

function notFound(tokenId: string): GridError {
  return new GridError('not_found', `there is no join token ${tokenId}`, {
    details: { field: 'token_id', value: tokenId },
  });
}

/** Who knows the secret of a token may know what became of it. */
function refusal({ refused }: Exclude<EnrolmentResult, { agentId: string }>): GridError {
  if (refused === 'unknown')
    return new GridError('unauthenticated', `the join token is not one of this grid: ${ANOTHER}`);
  const why = refused === 'used up' || refused === 'expired' ? refused : 'revoked';
  return new GridError('permission_denied', `the join token is ${why}: ${ANOTHER}`);
}

/** Throws unless an agent of this standing may come in with this claim. */
export function checkClaim(claim: AgentClaim, standing: AgentStanding, mode: AgentAuth): void {
  const { agentId, proof } = claim;
  const { publicKey, revoked } = standing;
  if (revoked) {
    const again = `to let this machine in again, ${ANOTHER} and start the agent with it and a new --data folder`;
    throw new GridError(
      'permission_denied',
      `the agent ${agentId} was revoked by an administrator; ${again}`,
    );
  }
  if (publicKey === undefined) {
    if (mode !== 'enrol' && proof.length === 0) return;
    const why = `the agent ${agentId} is not enrolled at this grid`;
    const how = `${ANOTHER}, and start the agent with --join-token`;
    throw new GridError('unauthenticated', `${why}: ${how}`);
  }
  if (!isProofOf(publicKey, claim)) {
    const why = `the agent ${agentId} did not prove that it holds its key`;
    throw new GridError(
      'unauthenticated',
      `${why}: its --data folder must be the one that it was enrolled with`,
    );
  }
}

/** Join tokens, agents' keys, and who is let in. */
export function createEnrolment(store: EnrolmentStore, ids: IdSource): EnrolmentFace {
  return {
    async createJoinToken({ uses, expiresS, createdBy }) {
      const secret = `cgj_${ids.secret(SECRET_BYTES)}`;
      const token = { tokenId: ids.uuid(), secretSha256: secretHash(secret), uses, expiresS, createdBy };
      return { ...(await store.putJoinToken(token)), secret };
    },
    async ensureJoinToken(secret) {
      if (secret === undefined) return void (await store.revokeJoinToken(CONFIGURED));
      await store.putJoinToken({
        tokenId: CONFIGURED,
        secretSha256: secretHash(secret),
        uses: undefined,
        expiresS: undefined,
        createdBy: CONFIGURED,
      });
    },
    listJoinTokens: () => store.listJoinTokens(),
    async revokeJoinToken(tokenId) {
      if (!(await store.revokeJoinToken(tokenId))) throw notFound(tokenId);
    },
    async enrol({ joinToken, publicKey, name }) {
      if (publicKey.length !== KEY_BYTES) {
        const message = `public_key has ${publicKey.length} bytes: an Ed25519 key has ${KEY_BYTES}`;
        throw new GridError('invalid_argument', message, { details: { field: 'public_key' } });
      }
      const cleanName = name.replaceAll('\0', '').slice(0, MAX_NAME_CHARS);
      const result = await store.enrol({
        secretSha256: secretHash(joinToken),
        publicKey,
        name: cleanName,
        agentId: ids.uuid(),
      });
      if ('refused' in result) throw refusal(result);
      return result.agentId;
    },
    enrolledBy: (tokenIds) => store.enrolledBy(tokenIds),
    async admit(claim, mode) {
      checkClaim(claim, await store.standing(claim.agentId), mode);
    },
    revokeAgent: (agentId) => store.revokeAgent(agentId),
  };
}
