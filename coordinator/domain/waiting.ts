import type { AgentView } from './agent.ts';
import type { Failure, JobSpec } from './job.ts';
import { mediaRequirements } from './media-plan.ts';
import { clipRequirements, commandRequirements } from './requirements.ts';
import type { OpenWork, TaskKind, TaskView } from './task.ts';

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

function hasAll(agent: AgentView, requires: readonly string[]): boolean {
  return requires.every((item) => agent.capabilities.includes(item));
}

/** What none of the online agents has, in words; empty when one of them has all that is required. */
function explainLack(requires: readonly string[], online: readonly AgentView[]): string {
  if (online.some((agent) => hasAll(agent, requires))) return '';
  const missing = requires.filter((item) => !online.some((agent) => agent.capabilities.includes(item)));
  if (missing.length === 0) return `no single agent online has all of: ${requires.map(inWords).join('; ')}`;
  return `none of the ${online.length} agents online has ${missing.map(inWords).join('; ')}`;
}

const HOUR_MS = 3600_000;

/** L15: why a task was given up for which nobody who can do it was there for so long. */
export function unableFailure(
  { kind, clipIndex, requires }: { kind: TaskKind; clipIndex: number; requires: readonly string[] },
  waitedMs: number,
): Failure {
  const hours = Number((waitedMs / HOUR_MS).toPrecision(3));
  const needs = requires.length === 0 ? '' : ` that has ${requires.map(inWords).join('; ')}`;
  return {
    code: 'tool_missing',
    stage: kind,
    message: `in ${hours} hours (CLIPGRID_MAX_WAIT_H) no agent was there${needs}: start one, then retry the job`,
    log: '',
    ...(clipIndex >= 0 ? { clipIndex } : {}),
  };
}

/** Owners need all the machines that could do it. */
function explainPaused(paused: readonly AgentView[]): string {
  const [first] = paused;
  const why = `${first?.name}: ${first?.pause?.reason}`;
  return paused.length === 1
    ? `the only agent that can run it is paused (${why})`
    : `all ${paused.length} agents that can run it are paused (${why})`;
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
  const lack = explainLack(task.requires, online);
  if (lack !== '') return lack;
  const able = online.filter((agent) => hasAll(agent, task.requires));
  const fitting = able.filter((agent) => agent.pause === undefined);
  if (fitting.length === 0) return explainPaused(able);
  const isBusy = (agent: AgentView): boolean => agent.leases >= agent.slots;
  const paused = able.length - fitting.length;
  const pausedToo = paused === 0 ? '' : `, and ${paused} more ${paused === 1 ? 'is' : 'are'} paused`;
  if (fitting.every(isBusy)) return `all ${fitting.length} agents that can run it are busy${pausedToo}`;
  // Another one is preferred to an agent that failed it, as long as there is another one (see placement).
  const fresh = fitting.filter((agent) => !task.failedAgents.includes(agent.agentId));
  if (fresh.length > 0 && fresh.every(isBusy)) {
    const failed = fitting.filter((agent) => task.failedAgents.includes(agent.agentId));
    const names = failed.map((agent) => agent.name).join(', ');
    return `it failed on ${names}, and all ${fresh.length} other agents that can run it are busy`;
  }
  return 'about to be given to an agent';
}

/**
 * The same for a job: what its clips and audio need and nobody has, from its submission on; else the sentence of its first
 * waiting task, while none of its tasks is running.
 */
export function explainJob(spec: JobSpec, work: OpenWork, agents: readonly AgentView[]): string {
  const { hasClips, isRunning, firstReady } = work;
  if (!isRunning && firstReady === undefined) return '';
  const online = agents.filter((agent) => agent.state === 'online');
  const lack = online.length === 0 || hasClips ? '' : explainNeeds(spec, online);
  if (lack !== '') return lack;
  return isRunning || firstReady === undefined ? '' : explainTask(firstReady, agents);
}

/** Before the plan there are no tasks yet that say what they need. */
function explainNeeds(spec: JobSpec, online: readonly AgentView[]): string {
  if (spec.shape === 'media') {
    const known = new Set(online.flatMap((agent) => agent.capabilities));
    return explainLack(mediaRequirements(spec, known), online);
  }
  if (spec.shape === 'index' || spec.shape === 'preview') return '';
  const { audio } = spec;
  const clips = explainLack(clipRequirements(spec), online);
  if (clips !== '' || audio === undefined) return clips;
  return explainLack(commandRequirements(audio), online);
}
