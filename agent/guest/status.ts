import type { AgentStatus } from '../../shared/agent-control.ts';
import type { AgentConfig } from '../config.ts';
import type { LeaseHolder } from '../lease-holder.ts';
import type { GuestPause } from './guest.ts';
import { NEVER_YIELD } from './settings.ts';

export interface StatusInput {
  readonly config: AgentConfig;
  readonly agentId: string;
  readonly coordinator: string;
  readonly connected: boolean;
  readonly holder: LeaseHolder;
  readonly pause: GuestPause | undefined;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function megabytes(bytes: number): string {
  return `${Number((bytes / 1e6).toPrecision(3))} MB at most`;
}

/** What the agent yields to and what bounds it, as sentences for its owner. */
export function guestWords(config: AgentConfig): string[] {
  const { guest = NEVER_YIELD, nice = 0, cores, diskBytes, cacheBytes, maxDownload, maxUpload } = config;
  const { yieldCpu, yieldGpu, yieldTo, yieldFullscreen, yieldBattery, hours, releaseAfterMs } = guest;
  const yields = [
    ...(yieldCpu === undefined ? [] : [`others use more than ${percent(yieldCpu)} of the processors`]),
    ...(yieldGpu === undefined ? [] : [`others use more than ${percent(yieldGpu)} of a graphics card`]),
    ...(yieldTo.length === 0 ? [] : [`one of ${yieldTo.join(', ')} runs`]),
    ...(yieldFullscreen ? ['a program fills the screen'] : []),
    ...(yieldBattery ? ['the machine runs on battery'] : []),
  ];
  return [
    ...yields.map((when) => `stands still while ${when}`),
    ...(hours ? [`works only at ${hours.text}`] : []),
    `gives back what it holds after ${releaseAfterMs / 1000} s of a pause`,
    ...(nice > 0 ? [`has the niceness ${nice}`] : []),
    ...(cores === undefined ? [] : [`uses ${cores} processors`]),
    ...(diskBytes === undefined ? [] : [`works in ${megabytes(diskBytes)} of the disk`]),
    ...(cacheBytes === undefined ? [] : [`keeps ${megabytes(cacheBytes)} of sources on the disk`]),
    ...(maxDownload === undefined ? [] : [`downloads ${megabytes(maxDownload)} a second`]),
    ...(maxUpload === undefined ? [] : [`uploads ${megabytes(maxUpload)} a second`]),
  ];
}

/** The agent as its owner sees it. */
export function statusOf(input: StatusInput): AgentStatus {
  const { config, agentId, coordinator, connected, holder, pause } = input;
  const time = (wallMs: number): string => new Date(wallMs).toISOString();
  return {
    agent_id: agentId,
    name: config.name,
    version: config.version,
    coordinator,
    connected,
    slots: config.slots,
    paused: pause
      ? {
          reason: pause.reason,
          since: time(pause.sinceWallMs),
          until: pause.untilWallMs === undefined ? null : time(pause.untilWallMs),
        }
      : null,
    leases: holder.all().map(({ fence, progress }) => ({
      task_id: fence.taskId,
      phase: progress.phase,
      frames_done: progress.framesDone,
      frames_total: progress.framesTotal,
      fps: progress.fps,
    })),
    guest: guestWords(config),
  };
}
