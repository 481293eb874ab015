import type { MachineRow } from './machine-row.ts';
import type { ProviderMachine } from './provider.ts';

export interface Reconciling {
  /** Of one scope, none ended; read before the list was asked for. */
  readonly rows: readonly MachineRow[];
  readonly listed: readonly ProviderMachine[];
  readonly nowMs: number;
}

/** What a provider's list changes in the database. */
export interface Reconciled {
  /** Machines whose start was never confirmed: a coordinator ended in the middle of it. */
  readonly claimed: readonly { readonly id: number; readonly machine: ProviderMachine }[];
  /** Machines with our tag that nobody here asked for. */
  readonly strangers: readonly ProviderMachine[];
  /** Machines that the provider has no more. */
  readonly vanished: readonly MachineRow[];
  /** Machines that were asked for and never started. */
  readonly unborn: readonly MachineRow[];
}

/** A start takes minutes at most; after that, what the provider does not list was not started. */
const START_MS = 10 * 60_000;
/** An order that is younger may be under way: whoever gave it is told its machines by the provider. */
const ORDER_MS = 3 * 60_000;
/** By then every order has its machines. */
const STRANGER_MS = 5 * 60_000;
/** A provider may list a machine a moment after it said that it started it. */
const LISTED_AFTER_MS = 60_000;
/** By how much the provider's clock may be behind ours. */
const SKEW_MS = 2 * 60_000;

/** Compares what we know with what a provider lists, by tag, and by region and size where it does not keep our id. */
export function reconcile({ rows, listed, nowMs }: Reconciling): Reconciled {
  const known = new Set(rows.map((row) => row.providerId));
  const open = rows.filter((row) => row.providerId === undefined);
  const claimed: { id: number; machine: ProviderMachine }[] = [];
  const strangers: ProviderMachine[] = [];
  for (const machine of listed) {
    if (known.has(machine.providerId)) continue;
    const at = open.findIndex((row) => isStartOf(row, machine, nowMs));
    const [row] = at < 0 ? [] : open.splice(at, 1);
    if (row) claimed.push({ id: row.id, machine });
    else if (nowMs - machine.createdAtMs >= STRANGER_MS) strangers.push(machine);
  }
  const there = new Set(listed.map((machine) => machine.providerId));
  const vanished = rows.filter(
    ({ providerId, createdAtMs }) =>
      providerId !== undefined && !there.has(providerId) && nowMs - createdAtMs >= LISTED_AFTER_MS,
  );
  return { claimed, strangers, vanished, unborn: open.filter((row) => nowMs - row.createdAtMs >= START_MS) };
}

function isStartOf(row: MachineRow, machine: ProviderMachine, nowMs: number): boolean {
  if (machine.machineId !== undefined) return row.id === machine.machineId;
  const { region, size, createdAtMs } = machine;
  if (row.region !== region || row.size !== size || nowMs - row.createdAtMs < ORDER_MS) return false;
  return createdAtMs >= row.createdAtMs - SKEW_MS && createdAtMs < row.createdAtMs + START_MS;
}
