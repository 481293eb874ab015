import type { MachineRow } from './machine-row.ts';

/** What machines may cost at most. */
export interface CostLimits {
  readonly maxMachines: number;
  /** All machines together, in the provider's currency; absent: no limit. */
  readonly maxPriceHourly?: number;
  /** A machine without work for so long is ended; absent: never. */
  readonly idleMs?: number;
  /** A machine is ended after so long, with work or without; absent: never. */
  readonly maxLifeMs?: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3600_000;

/** What runs, or is about to. */
export interface Running {
  readonly machines: number;
  readonly priceHourly: number;
}

/** Why these machines may not be started besides those that run, in words; undefined when they may. */
export function whyNotStart(running: Running, more: Running, limits: CostLimits): string | undefined {
  const { maxMachines, maxPriceHourly } = limits;
  const machines = running.machines + more.machines;
  if (machines > maxMachines) {
    const now = `${running.machines} ${running.machines === 1 ? 'machine is' : 'machines are'} there`;
    return `${now}, ${more.machines} more would be ${machines}: the limit is ${maxMachines} (CLIPGRID_OPENENCODER_MAX_MACHINES)`;
  }
  const price = running.priceHourly + more.priceHourly;
  if (maxPriceHourly !== undefined && more.priceHourly > 0 && price > maxPriceHourly) {
    const limit = `the limit is ${maxPriceHourly} (CLIPGRID_OPENENCODER_MAX_HOURLY_PRICE)`;
    return `the machines would cost ${Number(price.toFixed(5))} an hour: ${limit}`;
  }
  return undefined;
}

/**
 * Why a machine is to be ended now, in words; undefined when it may stay. Only what costs something is ended, and only what
 * was asked for here: another program may have machines with our tag.
 */
export function whyEnd(machine: MachineRow, nowMs: number, limits: CostLimits): string | undefined {
  const { askedFor, priceHourly, endRequestedAtMs, createdAtMs, busyAtMs, agentId } = machine;
  if (!askedFor || priceHourly <= 0 || endRequestedAtMs !== undefined) return undefined;
  const { idleMs, maxLifeMs } = limits;
  if (maxLifeMs !== undefined && nowMs - createdAtMs >= maxLifeMs)
    return `it ran for ${maxLifeMs / HOUR_MS} hours, the most a machine may (CLIPGRID_OPENENCODER_MAX_HOURS)`;
  if (idleMs === undefined || nowMs - busyAtMs < idleMs) return undefined;
  const what = agentId === undefined ? 'its agent did not register' : 'it had no work';
  return `${what} for ${idleMs / MINUTE_MS} minutes (CLIPGRID_OPENENCODER_IDLE_MIN)`;
}
