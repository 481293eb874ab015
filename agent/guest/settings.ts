import type { Schedule } from './schedule.ts';

/** When the owner of a machine comes first. What is undefined, or empty, is not looked at. */
export interface GuestSettings {
  /** Shares of 1 that others use of all processors, or of any graphics card. */
  readonly yieldCpu?: number;
  readonly yieldGpu?: number;
  /** Names of programs, in lower case. */
  readonly yieldTo: readonly string[];
  /** While a program fills the screen. */
  readonly yieldFullscreen: boolean;
  readonly yieldBattery: boolean;
  /** Works only then. */
  readonly hours?: Schedule;
  /** A pause that lasts longer gives back what is held, so that others go on with it. */
  readonly releaseAfterMs: number;
  /** How long the machine must be the agent's again before it goes on. */
  readonly resumeAfterMs: number;
}

export const NEVER_YIELD: GuestSettings = {
  yieldTo: [],
  yieldFullscreen: false,
  yieldBattery: false,
  releaseAfterMs: 60_000,
  resumeAfterMs: 10_000,
};

/** Whether the machine must be looked at at all. */
export function looksAtMachine(settings: GuestSettings): boolean {
  const { yieldCpu, yieldGpu, yieldTo, yieldFullscreen, yieldBattery, hours } = settings;
  return (
    yieldCpu !== undefined ||
    yieldGpu !== undefined ||
    yieldTo.length > 0 ||
    yieldFullscreen ||
    yieldBattery ||
    hours !== undefined
  );
}
