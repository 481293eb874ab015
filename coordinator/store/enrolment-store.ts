import type { AgentStanding, EnrolledAgent, JoinTokenState, JoinTokenView } from '../domain/enrolment.ts';

export interface NewJoinToken {
  readonly tokenId: string;
  /** Secrets are random or an operator's, and never stored. */
  readonly secretSha256: Buffer;
  /** Undefined: any number. */
  readonly uses: number | undefined;
  /** Seconds from now; undefined: never. */
  readonly expiresS: number | undefined;
  readonly createdBy: string;
}

export interface Enrolment {
  readonly secretSha256: Buffer;
  readonly publicKey: Uint8Array;
  readonly name: string;
  /** For a key that is new. */
  readonly agentId: string;
}

/** `unknown`: no join token has this secret; else why the token lets nobody in any more. */
export type EnrolmentResult =
  { readonly agentId: string } | { readonly refused: 'unknown' | Exclude<JoinTokenState, 'valid'> };

/** Who may join, and who did. */
export interface EnrolmentStore {
  /** A token of the same id is replaced; whom it let in still counts. */
  putJoinToken(token: NewJoinToken): Promise<JoinTokenView>;
  /** Newest first; revoked ones, too. */
  listJoinTokens(): Promise<JoinTokenView[]>;
  /** False: there is none of this id. Agents that it let in stay. */
  revokeJoinToken(tokenId: string): Promise<boolean>;
  /**
   * Uses the token up by one and makes the key an agent's, both or neither. A key that is an agent's already is the same
   * agent again and costs no use; by the token that let it in even when that is over: the first answer may have got lost.
   */
  enrol(enrolment: Enrolment): Promise<EnrolmentResult>;
  /** Whom these tokens let in, in the order of joining; revoked agents, too. */
  enrolledBy(tokenIds: readonly string[]): Promise<EnrolledAgent[]>;
  standing(agentId: string): Promise<AgentStanding>;
  /**
   * For ever. The agent's session is nobody's from then on, its leases are over, and its coordinator hears of it by
   * notification. `not_found` for an agent that was never enrolled nor seen; one that is revoked already stays so.
   */
  revokeAgent(agentId: string): Promise<void>;
}
