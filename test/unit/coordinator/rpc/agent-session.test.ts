import { EventEmitter } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { AgentClaim } from '../../../../coordinator/grid/face.ts';
import {
  AgentSession,
  type AgentSessionDeps,
  type SessionCall,
} from '../../../../coordinator/rpc/agent-session.ts';
import { DEFAULT_RPC_LIMITS } from '../../../../coordinator/rpc/limits.ts';
import { NONCE_BYTES } from '../../../../shared/agent-proof.ts';
import { systemClock } from '../../../../shared/clock.ts';
import { GridError } from '../../../../shared/errors.ts';
import { Hello } from '../../../../shared/gen/clipgrid/v1/session.ts';
import { systemIds } from '../../../../shared/ids.ts';
import { silentLogger } from '../../../../shared/logger.ts';
import { Turnstile } from '../../../../shared/turnstile.ts';

/** A session whose stream the test plays, and what it asks to let in. */
function open(openings: Turnstile): { call: EventEmitter; claims: AgentClaim[] } {
  const stream = { write: () => true, end: () => undefined, pause: () => undefined, resume: () => undefined };
  const call = Object.assign(new EventEmitter(), stream);
  const claims: AgentClaim[] = [];
  const deps: AgentSessionDeps = {
    gateway: { open: () => Promise.reject(new GridError('unavailable', 'not in this test')) },
    admit: async (claim) => void claims.push(claim),
    clock: systemClock,
    ids: systemIds(() => 0),
    logger: silentLogger,
    limits: DEFAULT_RPC_LIMITS,
    openings,
    maxMessageBytes: 1_000_000,
  };
  new AgentSession(call as unknown as SessionCall, deps);
  return { call, claims };
}

const oneAtOnce = (): Turnstile => new Turnstile({ atOnce: 1, waiting: 10, of: 'agents' });
const hello = { message: { $case: 'hello', value: Hello.fromPartial({ agentId: 'a' }) } };

test('a session keeps the bytes of its nonce alive, and no slab that they lie in', async () => {
  const { call, claims } = open(oneAtOnce());
  call.emit('data', hello);
  await nextTurn();
  expect(claims.map(({ nonce }) => nonce.buffer.byteLength)).toEqual([NONCE_BYTES]);
  call.emit('close');
});

test('who gives up while waiting to be let in is not let in', async () => {
  const turns = oneAtOnce();
  const inside = Promise.withResolvers<void>();
  const first = turns.run(() => inside.promise);
  const [gone, next] = [open(turns), open(turns)];
  gone.call.emit('data', hello);
  next.call.emit('data', hello);
  await nextTurn();
  gone.call.emit('close');
  inside.resolve();
  await first;
  await nextTurn();
  expect(gone.claims).toEqual([]);
  expect(next.claims).toHaveLength(1);
  next.call.emit('close');
});
