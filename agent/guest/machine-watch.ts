import type { Clock } from '../../shared/clock.ts';
import { treeOf, type ProcessTimes } from '../process-times.ts';
import { isFullscreen, type Ask } from './fullscreen.ts';
import { othersOnGpu } from './gpu-others.ts';
import { OthersLoad, runningProgram } from './others-load.ts';
import type { Observation } from './policy.ts';
import type { CpuTimes } from './proc.ts';
import type { GuestSettings } from './settings.ts';

export interface MachineWatchDeps {
  readonly settings: GuestSettings;
  readonly clock: Clock;
  /** The agent's process. */
  readonly root: number;
  processes(): readonly ProcessTimes[];
  cpuTimes(): CpuTimes;
  onBattery(): Promise<boolean>;
  readonly ask: Ask;
  /** Paths; undefined: not there. */
  readonly xprop: string | undefined;
  readonly nvidiaSmi: string | undefined;
}

type Seen = Omit<Observation, 'monotonicMs' | 'wallMs' | 'ownPause'>;

/** Looks at the machine: at /proc with each look, and at what takes a program to ask in the background. */
export class MachineWatch {
  readonly #deps: MachineWatchDeps;
  readonly #load: OthersLoad;
  #slow: Pick<Seen, 'isFullscreen' | 'otherGpu' | 'onBattery'> = {};
  #isAsking = false;

  constructor(deps: MachineWatchDeps) {
    this.#deps = deps;
    this.#load = new OthersLoad(deps.root);
  }

  look(): Seen {
    const { settings, root, processes, cpuTimes } = this.#deps;
    if (!this.#isAsking) {
      this.#isAsking = true;
      void this.#ask().finally(() => (this.#isAsking = false));
    }
    if (settings.yieldCpu === undefined && settings.yieldTo.length === 0) return this.#slow;
    const all = processes();
    return {
      ...this.#slow,
      otherCpu: settings.yieldCpu === undefined ? undefined : this.#load.look(cpuTimes(), all),
      program: runningProgram(settings.yieldTo, { root, all }),
    };
  }

  /** What the answers of one look are is known to the next one. */
  async #ask(): Promise<void> {
    const { settings, ask, xprop, nvidiaSmi, root, processes, onBattery } = this.#deps;
    const [battery, fullscreen, gpu] = await Promise.all([
      settings.yieldBattery ? onBattery() : undefined,
      settings.yieldFullscreen && xprop !== undefined ? isFullscreen(xprop, ask) : undefined,
      settings.yieldGpu !== undefined && nvidiaSmi !== undefined
        ? ask([nvidiaSmi, 'pmon', '-c', '1', '-s', 'u'])
        : undefined,
    ]);
    const own = new Set(treeOf(root, processes()).map((one) => one.pid));
    this.#slow = {
      onBattery: battery,
      isFullscreen: fullscreen,
      otherGpu: gpu === undefined ? undefined : othersOnGpu(gpu, own),
    };
  }
}
