import { noAgent } from '../../domain/agent.ts';
import { joinTokenState, type JoinTokenView } from '../../domain/enrolment.ts';
import type { Enrolment, EnrolmentResult, EnrolmentStore, NewJoinToken } from '../enrolment-store.ts';
import type { LeaseStore } from '../lease-store.ts';
import type { MemoryState } from './state.ts';

interface TokenRecord extends NewJoinToken {
  readonly used: number;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | undefined;
  readonly revoked: boolean;
}

interface KeyRecord {
  readonly publicKey: Buffer;
  readonly tokenId: string;
  readonly name: string;
}

function viewOf(token: TokenRecord, nowMs: number): JoinTokenView {
  const { tokenId, uses, used, createdBy, createdAtMs, expiresAtMs, revoked } = token;
  const expired = expiresAtMs !== undefined && expiresAtMs <= nowMs;
  return {
    tokenId,
    ...(uses === undefined ? {} : { uses }),
    used,
    createdBy,
    createdAt: new Date(createdAtMs),
    ...(expiresAtMs === undefined ? {} : { expiresAt: new Date(expiresAtMs) }),
    state: joinTokenState({ uses, used, expired, revoked }),
  };
}

/** Join tokens and agents' keys in memory. */
export function memoryEnrolmentStore(
  state: MemoryState,
  leases: Pick<LeaseStore, 'shorten'>,
): EnrolmentStore {
  const tokens = new Map<string, TokenRecord>();
  const keys = new Map<string, KeyRecord>();
  const { revokedAgents } = state;

  const toView = (token: TokenRecord): JoinTokenView => viewOf(token, state.nowMs);

  function enrol({ secretSha256, publicKey, name, agentId }: Enrolment): EnrolmentResult {
    const token = [...tokens.values()].find((one) => one.secretSha256.equals(secretSha256));
    if (token === undefined) return { refused: 'unknown' };
    const { tokenId } = token;
    const [before, key] = [...keys].find(([, one]) => one.publicKey.equals(publicKey)) ?? [];
    const { state: tokenState } = toView(token);
    if (tokenState !== 'valid' && key?.tokenId !== tokenId) return { refused: tokenState };
    if (before !== undefined) return { agentId: before };
    tokens.set(tokenId, { ...token, used: token.used + 1 });
    keys.set(agentId, { publicKey: Buffer.from(publicKey), tokenId, name });
    state.say({ type: 'agent.enrolled', agentId, data: { name, join_token: tokenId } });
    return { agentId };
  }

  return {
    async putJoinToken(token) {
      const old = tokens.get(token.tokenId);
      const record: TokenRecord = {
        ...token,
        used: old?.used ?? 0,
        createdAtMs: old?.createdAtMs ?? state.nowMs,
        expiresAtMs: token.expiresS === undefined ? undefined : state.nowMs + token.expiresS * 1000,
        revoked: false,
      };
      tokens.set(token.tokenId, record);
      return toView(record);
    },
    listJoinTokens: async () => [...tokens.values()].map(toView).toReversed(),
    async revokeJoinToken(tokenId) {
      const token = tokens.get(tokenId);
      if (token) tokens.set(tokenId, { ...token, revoked: true });
      return token !== undefined;
    },
    enrol: async (enrolment) => enrol(enrolment),
    enrolledBy: async (tokenIds) =>
      [...keys].flatMap(([agentId, { tokenId, name }]) =>
        tokenIds.includes(tokenId) ? [{ agentId, tokenId, name }] : [],
      ),
    async standing(agentId) {
      const key = keys.get(agentId);
      return { ...(key ? { publicKey: key.publicKey } : {}), revoked: revokedAgents.has(agentId) };
    },
    async revokeAgent(agentId) {
      const record = state.agents.get(agentId);
      if (record === undefined && !keys.has(agentId)) throw noAgent(agentId);
      if (record) {
        if (record.sessionId !== undefined) await leases.shorten(record.sessionId, 0);
        const view = { ...record.view, state: 'offline' } as const;
        state.agents.set(agentId, { ...record, view, sessionId: undefined });
      }
      if (!revokedAgents.has(agentId)) state.say({ type: 'agent.revoked', agentId });
      revokedAgents.add(agentId);
    },
  };
}
