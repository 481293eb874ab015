import type { AgentView } from './agent.ts';
import type { TaskView } from './task.ts';

const WORDS: Readonly<Record<string, string>> = {
  'tool:vapoursynth':
    'VapourSynth (on the agent: Python 3.12 or newer, then `npm run setup`, and start the agent again)',
};

/** Says a capability as a person would. */
function inWords(capability: string): string {
  const known = WORDS[capability];
  if (known !== undefined) return known;
  const [kind, name] = capability.split(':');
  if (kind === 'encoder') return `the encoder ${name}, proved by encoding a frame`;
  if (kind === 'program') return `the program ${name}`;
  return capability;
}

/** Why a ready task is not running, in one sentence; empty when it does not wait. */
export function explainTask(task: TaskView, agents: readonly AgentView[]): string {
  if (task.state !== 'ready') return '';
  const online = agents.filter((agent) => agent.state === 'online');
  if (online.length === 0) {
    const draining = agents.filter((agent) => agent.state === 'draining').length;
    return draining > 0
      ? `no agent takes work: ${draining} draining, none online`
      : 'no agent is online: start one with `clipgrid agent --coordinator HOST:PORT`';
  }
  const fitting = online.filter((agent) => task.requires.every((item) => agent.capabilities.includes(item)));
  if (fitting.length === 0) {
    const missing = task.requires.filter(
      (item) => !online.some((agent) => agent.capabilities.includes(item)),
    );
    if (missing.length === 0) {
      return `no single agent online has all of: ${task.requires.map(inWords).join('; ')}`;
    }
    return `none of the ${online.length} agents online has ${missing.map(inWords).join('; ')}`;
  }
  if (fitting.every((agent) => agent.leases >= agent.slots)) {
    return `all ${fitting.length} agents that can run it are busy`;
  }
  return 'about to be given to an agent';
}

/** The same for a job: the sentence of its first waiting task, while none of its tasks is running. */
export function explainJob(tasks: readonly TaskView[], agents: readonly AgentView[]): string {
  if (tasks.some((task) => task.state === 'leased')) return '';
  const waiting = tasks.find((task) => task.state === 'ready');
  return waiting === undefined ? '' : explainTask(waiting, agents);
}
