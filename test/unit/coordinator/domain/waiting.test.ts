import { expect, test } from 'vitest';
import type { AgentView } from '../../../../coordinator/domain/agent.ts';
import type { TaskView } from '../../../../coordinator/domain/task.ts';
import { explainTask } from '../../../../coordinator/domain/waiting.ts';
import { Hardware } from '../../../../shared/gen/clipgrid/v1/session.ts';

const WHEN = new Date(0);

function agent(name: string, more: Partial<AgentView> = {}): AgentView {
  return {
    agentId: `id-${name}`,
    name,
    state: 'online',
    version: '1',
    hardware: Hardware.create(),
    tools: [],
    capabilities: ['program:ffmpeg', 'encoder:libx264'],
    lacks: [],
    slots: 1,
    leases: 0,
    fps: 0,
    connectedAt: WHEN,
    lastSeenAt: WHEN,
    ...more,
  };
}

function task(more: Partial<TaskView> = {}): TaskView {
  return {
    taskId: 't',
    jobId: 'j',
    kind: 'encode',
    state: 'ready',
    epoch: 0,
    attempts: 0,
    requires: ['program:ffmpeg', 'encoder:libx264'],
    failedAgents: [],
    framesTotal: 1,
    framesDone: 0,
    framesSaved: 0,
    fps: 0,
    speed: 0,
    phase: '',
    logTail: '',
    readyAt: WHEN,
    ...more,
  };
}

const NVENC = { requires: ['encoder:hevc_nvenc', 'program:ffmpeg'] };
const busy = { leases: 1 };
const paused = { pause: { reason: 'blender runs', since: WHEN } };

test.each([
  ['it runs', task({ state: 'leased' }), [agent('a')], ''],
  [
    'nobody is there',
    task(),
    [],
    'no agent is online: start one with `clipgrid agent --coordinator HOST:PORT`',
  ],
  [
    'all that could are paused',
    task(),
    [agent('a', paused)],
    'the only agent that can run it is paused (a: blender runs)',
  ],
  [
    'one is busy, others are paused',
    task(),
    [agent('a', busy), agent('b', paused)],
    'all 1 agents that can run it are busy, and 1 more is paused',
  ],
  ['all drain', task(), [agent('a', { state: 'draining' })], 'no agent takes work: 1 draining, none online'],
  [
    'an encoder that nobody proved',
    task(NVENC),
    [agent('a'), agent('b')],
    'none of the 2 agents online has the encoder hevc_nvenc, proved by encoding a frame',
  ],
  [
    'things that no single agent has together',
    task({ requires: ['encoder:hevc_nvenc', 'encoder:libx264'] }),
    [agent('a'), agent('b', { capabilities: ['encoder:hevc_nvenc'] })],
    'no single agent online has all of: the encoder hevc_nvenc, proved by encoding a frame; ' +
      'the encoder libx264, proved by encoding a frame',
  ],
  ['all are busy', task(), [agent('a', busy)], 'all 1 agents that can run it are busy'],
  [
    'only those are free that failed it',
    task({ failedAgents: ['id-a'] }),
    [agent('a'), agent('b', busy), agent('c', busy)],
    'it failed on a, and all 2 other agents that can run it are busy',
  ],
  [
    'nobody else could run it than the one that failed it',
    task({ failedAgents: ['id-a'] }),
    [agent('a')],
    'about to be given to an agent',
  ],
  ['somebody is free', task(), [agent('a')], 'about to be given to an agent'],
])('a task says why it waits: %s', (_, waiting, agents, words) => {
  expect(explainTask(waiting, agents)).toBe(words);
});
