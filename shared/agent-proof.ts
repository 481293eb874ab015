import { createPublicKey, sign, verify, type KeyObject } from 'node:crypto';

/** Bytes of an Ed25519 public key, and of the nonce of a Challenge. */
export const KEY_BYTES = 32;
export const NONCE_BYTES = 32;

/** What an agent signs: bound to one stream by its nonce, and of no use for anything but a Hello. */
function proofText(agentId: string, nonce: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`clipgrid agent v1\0${agentId}\0`, 'utf8'), nonce]);
}

/** The proof that whoever holds `key` says Hello as `agentId` on the stream of this nonce. */
export function proveAgent(key: KeyObject, agentId: string, nonce: Uint8Array): Buffer {
  return sign(null, proofText(agentId, nonce), key);
}

export interface AgentProof {
  readonly agentId: string;
  readonly nonce: Uint8Array;
  readonly proof: Uint8Array;
}

/** Whether the proof was made with the private half of `publicKey` (`KEY_BYTES` bytes), for this agent and nonce. */
export function isProofOf(publicKey: Uint8Array, { agentId, nonce, proof }: AgentProof): boolean {
  const x = Buffer.from(publicKey).toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, proofText(agentId, nonce), key, proof);
}

/** The bytes of the public half of an Ed25519 key. */
export function publicKeyBytes(key: KeyObject): Buffer {
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
  return Buffer.from(x, 'base64url');
}
