/** How agents are let in. `open`: everybody is; `token`: by a token with the scope agent; `enrol`: by their own key only. */
export const AGENT_AUTH_MODES = ['open', 'token', 'enrol'] as const;
export type AgentAuth = (typeof AGENT_AUTH_MODES)[number];

export function isAgentAuth(text: string): text is AgentAuth {
  return (AGENT_AUTH_MODES as readonly string[]).includes(text);
}

/** Of a new join token. */
export const JOIN_TOKEN_LIMITS = { uses: 100_000, expiresS: 366 * 24 * 3600 } as const;
/** What one is that says nothing else. */
export const JOIN_TOKEN_DEFAULTS = { uses: 1, expiresS: 24 * 3600 } as const;

/** A token that lets machines join, and does nothing else. Its secret is told once. */
export interface JoinTokenView {
  readonly tokenId: string;
  /** How many machines it lets in, all in all; absent: any number. */
  readonly uses?: number;
  readonly used: number;
  readonly createdBy: string;
  readonly createdAt: Date;
  /** Absent: never. */
  readonly expiresAt?: Date;
  readonly state: JoinTokenState;
}

export type JoinTokenState = 'valid' | 'used up' | 'expired' | 'revoked';

/** What of a join token decides whether it still lets somebody in. */
export interface JoinTokenFacts {
  readonly uses: number | undefined;
  readonly used: number;
  readonly expired: boolean;
  readonly revoked: boolean;
}

export function joinTokenState({ uses, used, expired, revoked }: JoinTokenFacts): JoinTokenState {
  if (revoked) return 'revoked';
  if (expired) return 'expired';
  return uses !== undefined && used >= uses ? 'used up' : 'valid';
}

/** What is known of an agent that wants in. */
export interface AgentStanding {
  /** Of an agent that was enrolled: its Ed25519 public key. */
  readonly publicKey?: Uint8Array;
  readonly revoked: boolean;
}

/** An agent that joined by a token, and the name that it gave itself then. */
export interface EnrolledAgent {
  readonly agentId: string;
  readonly tokenId: string;
  readonly name: string;
}
