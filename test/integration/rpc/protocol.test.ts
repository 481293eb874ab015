import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { DynamicAgent } from '../../support/dynamic-agent.ts';
import type { Dynamic } from '../../support/grpc-client.ts';
import { startRunningGrid, type RunningGrid } from '../../support/running-grid.ts';

let running: RunningGrid;
const agents: DynamicAgent[] = [];
beforeAll(async () => {
  running = await startRunningGrid({ agents: 0 });
});
afterAll(() => running.close());
afterEach(() => {
  for (const agent of agents.splice(0)) agent.close();
});

function newAgent(): DynamicAgent {
  const agent = new DynamicAgent(running.rpc.port);
  agents.push(agent);
  return agent;
}

const FENCE = { task_id: randomUUID(), epoch: 1, lease_id: randomUUID() };

/** What is wrong with Hello, and the words of the Goodbye. `reconnect` is false: the same Hello would come again. */
const HELLOS: readonly [name: string, change: Dynamic, words: string][] = [
  ['another protocol', { protocol: 2 }, 'Hello.protocol is 2: this coordinator speaks 1'],
  ['no id', { agent_id: '' }, 'Hello.agent_id is ""'],
  ['a path for an id', { agent_id: '../etc' }, 'Hello.agent_id is "../etc"'],
  ['a long name', { name: 'n'.repeat(201) }, 'Hello.name is "nnn'],
  ['no slots', { slots: 0 }, 'Hello.slots is 0: 1 to 256'],
  ['too many slots', { slots: 4_000_000_000 }, 'Hello.slots is 4000000000'],
  [
    'too many leases',
    { held_leases: Array.from({ length: 1_025 }, () => FENCE) },
    'Hello.held_leases is 1025',
  ],
  ['leases that are none', { held_leases: [{ task_id: "'; --", epoch: 1, lease_id: 'x' }] }, 'is no fence'],
  ['text that PostgreSQL cannot hold', { lacks: ['a\0b'] }, 'no text may hold a NUL'],
  ['a megabyte of capabilities', { capabilities: ['c'.repeat(1_000_000)] }, 'Hello.size is 1000'],
];

test.each(HELLOS)('Hello with %s is refused for good, in words', async (_, change, words) => {
  const agent = newAgent();
  agent.send({ hello: { ...agent.hello(), ...change } });
  const goodbye = await agent.next('goodbye');
  expect(goodbye['reason']).toContain('invalid_argument: ');
  expect(goodbye['reason']).toContain(words);
  expect(goodbye['reconnect']).toBe(false);
  expect(await agent.ended).toMatchObject({ status: 'OK' });
});

/** What an agent may not say, before or after Welcome. */
const MESSAGES: readonly [name: string, message: Dynamic, greeted: boolean, words: string][] = [
  ['a message of no known kind, first', {}, false, 'a message of an unknown kind came'],
  ['a message of no known kind', {}, true, 'a message of an unknown kind came'],
  ['a heartbeat before Hello', { heartbeat: {} }, false, 'the first message must be Hello'],
  ['a second Hello', { hello: {} }, true, 'Hello came twice'],
  ['a completion without a fence', { complete: {} }, true, 'the message has no fence'],
  ['a failure without a fence', { failed: { code: 'x' } }, true, 'the message has no fence'],
  ['a release of no lease', { release: { fence: { ...FENCE, lease_id: 'x' } } }, true, 'is no fence'],
  ['an upload for no lease', { upload_request: { fence: { ...FENCE, epoch: 4e9 } } }, true, 'is no fence'],
  [
    'a heartbeat for no lease',
    { heartbeat: { leases: [{ fence: { ...FENCE, task_id: "'" } }] } },
    true,
    'is no fence',
  ],
];

test.each(MESSAGES)(
  '%s ends the session with a Goodbye in words, and no other session',
  async (_, message, greeted, words) => {
    const [agent, other] = [newAgent(), newAgent()];
    await other.greet();
    if (greeted) await agent.greet();
    agent.send(message);
    expect((await agent.next('goodbye'))['reason']).toContain(words);
    expect(await agent.ended).toMatchObject({ status: 'OK' });
    expect(await other.beat([FENCE])).toMatchObject({ renewed: [], lost: [FENCE] });
  },
);

test('progress and load that no machine can have are brought into range', async () => {
  const agent = newAgent();
  await agent.greet();
  const lease = {
    fence: FENCE,
    frames_done: 4_294_967_295,
    fps: Number.NaN,
    phase: 'a\0b'.repeat(50),
    log_tail: '\0',
  };
  const load = {
    cpu: Number.POSITIVE_INFINITY,
    gpus: Array.from({ length: 5_000 }, () => ({ utilization: -1 })),
  };
  agent.send({ heartbeat: { sequence: 7, load, leases: [lease, { ...lease, fps: 1e300 }] } });
  expect(await agent.next('heartbeat_ack')).toMatchObject({ sequence: 7, lost: [FENCE, FENCE] });
  const view = await running.grid.agents.get(agent.agentId);
  expect(view.load?.gpus).toHaveLength(64);
});
