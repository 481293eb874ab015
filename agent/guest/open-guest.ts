import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logger.ts';
import type { AgentConfig } from '../config.ts';
import { giveBack } from '../drain.ts';
import { findProgram } from '../find-program.ts';
import type { LeaseHolder } from '../lease-holder.ts';
import type { Link } from '../link.ts';
import { runTool } from '../subprocess.ts';
import { onBattery } from './battery.ts';
import { Guest } from './guest.ts';
import { MachineWatch } from './machine-watch.ts';
import { OwnPauseFile } from './own-pause.ts';
import { GuestPolicy } from './policy.ts';
import { readCpuTimes, readProcesses } from './proc.ts';
import { wallClock } from './schedule.ts';
import { looksAtMachine, NEVER_YIELD, type GuestSettings } from './settings.ts';
import { ToolProcesses } from './tool-processes.ts';
import type { WorkClocks } from './work-clocks.ts';

export interface OpenGuestInput {
  readonly config: AgentConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly holder: LeaseHolder;
  readonly link: Link;
  readonly workClocks: WorkClocks;
  readonly nvidiaSmi: string | undefined;
}

const ANSWER_WITHIN_MS = 3_000;

/** What is asked for and cannot be seen on this machine, in words. */
export function unseen(
  settings: GuestSettings,
  { platform, xprop, nvidiaSmi }: { platform: string; xprop: boolean; nvidiaSmi: boolean },
): string[] {
  const { yieldCpu, yieldTo, yieldBattery, yieldFullscreen, yieldGpu } = settings;
  const words: string[] = [];
  if (platform !== 'linux' && (yieldCpu !== undefined || yieldTo.length > 0 || yieldBattery))
    words.push(`load, programs and battery are only seen on Linux, this is ${platform}`);
  if (yieldFullscreen && !xprop)
    words.push(
      'a full screen is only seen on X11 with xprop (Debian: apt-get install x11-utils) and DISPLAY set',
    );
  if (yieldGpu !== undefined && !nvidiaSmi)
    words.push('what others do on a graphics card is only seen with nvidia-smi');
  return words;
}

async function openWatch({ config, clock, logger, nvidiaSmi }: OpenGuestInput): Promise<MachineWatch> {
  const settings = config.guest ?? NEVER_YIELD;
  const { screen } = config;
  const environment = { PATH: config.searchPath, ...screen };
  const xprop = screen?.['DISPLAY'] ? await findProgram('xprop', config.searchPath) : undefined;
  const { platform } = process;
  const seen = { platform, xprop: xprop !== undefined, nvidiaSmi: nvidiaSmi !== undefined };
  for (const words of unseen(settings, seen)) logger.warn({}, words);
  return new MachineWatch({
    settings,
    clock,
    root: process.pid,
    processes: readProcesses,
    cpuTimes: readCpuTimes,
    onBattery,
    xprop,
    nvidiaSmi,
    ask: (argv) =>
      runTool(
        { argv, cwd: '/', environment },
        { signal: AbortSignal.timeout(ANSWER_WITHIN_MS), clock, stdout: 'collect', isHelper: true },
      ).then(
        ({ stdout }) => stdout,
        () => '',
      ),
  });
}

/** The guest on this very machine. */
export async function openGuest(input: OpenGuestInput): Promise<Guest> {
  const { config, clock, logger, holder, link, workClocks } = input;
  const settings = config.guest ?? NEVER_YIELD;
  const watch = looksAtMachine(settings) ? await openWatch(input) : undefined;
  const tools = new ToolProcesses({
    root: process.pid,
    read: readProcesses,
    kill: (pid, signal) => void process.kill(pid, signal),
  });
  return new Guest({
    clock,
    logger,
    policy: new GuestPolicy(settings, wallClock()),
    look: () => watch?.look() ?? {},
    ownPause: await OwnPauseFile.open(config.dataDir),
    holder,
    tools,
    clocks: workClocks,
    giveBack: (reason) => giveBack({ holder, link }, reason),
  });
}
