import { GridError, toGridError } from '../../../../shared/errors.ts';
import type { AgentView } from '../../../domain/agent.ts';
import type { Machines } from './context.ts';
import type { MachineRow } from './machine-row.ts';
import type { MachineProvider } from './provider.ts';
import { agentsOf, isBusy } from './standing.ts';

/** All machines that are there, and the agents that they may have become. */
export interface Standing {
  readonly rows: readonly MachineRow[];
  readonly agents: ReadonlyMap<string, AgentView>;
}

/** Reads both, and writes down which agent is which machine and which ones work. */
export async function readStanding({ store, grid, clock }: Machines): Promise<Standing> {
  const rows = await store.live();
  if (rows.length === 0) return { rows, agents: new Map() };
  const tokens = rows.flatMap(({ tokenId, agentId }) =>
    tokenId === undefined || agentId !== undefined ? [] : [tokenId],
  );
  const enrolled = tokens.length === 0 ? [] : await grid.enrolment.enrolledBy([...new Set(tokens)]);
  const found = agentsOf(rows, enrolled);
  if (found.length > 0) await store.setAgents(found);
  const joined = new Map(found.map(({ id, agentId }) => [id, agentId]));
  const agents = new Map((await grid.agents.list()).map((agent) => [agent.agentId, agent]));
  const nowMs = clock.wallMs();
  const known = rows.map((row): MachineRow => {
    const agentId = joined.get(row.id) ?? row.agentId;
    const mine = agentId === undefined ? row : { ...row, agentId };
    return isBusy(mine, agents) ? { ...mine, busyAtMs: nowMs } : mine;
  });
  const busy = known.filter((row) => isBusy(row, agents)).map(({ id }) => id);
  if (busy.length > 0) await store.setBusy(busy, nowMs);
  return { rows: known, agents };
}

/** From now on these take nothing new and nobody joins by their tokens; they end when they have finished. */
export async function requestEnd(
  { store, grid, clock, drainMs, logger }: Machines,
  rows: readonly MachineRow[],
  reason: string,
): Promise<void> {
  const nowMs = clock.wallMs();
  const ids = rows.map(({ id }) => id);
  const asked = await store.requestEnd(ids, { reason, nowMs, drainUntilMs: nowMs + drainMs });
  for (const { id, provider, region, size } of asked)
    logger.info({ machine: id, provider, region, size, reason }, 'a machine is to end');
  const live = (await store.live()).filter((row) => row.endRequestedAtMs === undefined);
  const shared = new Set(live.map(({ tokenId }) => tokenId));
  const ending = new Set(asked.map(({ id }) => id));
  for (const { id, tokenId, agentId } of rows.filter((row) => ending.has(row.id))) {
    if (tokenId !== undefined && !shared.has(tokenId)) await grid.enrolment.revokeJoinToken(tokenId);
    if (agentId === undefined) continue;
    await grid.agents.drain(agentId, Math.ceil(drainMs / 1000)).catch((error: unknown) => {
      logger.warn({ machine: id, agent: agentId, error: toGridError(error).message }, 'not drained');
    });
  }
}

/** Whether a machine that is to end has nothing left to finish, or no time for it. */
function isDone(row: MachineRow, { agents }: Standing, nowMs: number): boolean {
  return !isBusy(row, agents) || nowMs >= (row.drainUntilMs ?? 0);
}

/**
 * Ends what is to end and has finished, where this coordinator can: machines of a host are ended by its own coordinator.
 * `ids`: only these. Every machine is tried; the first failure is thrown, and a later call tries it again.
 */
export async function finishEnding(machines: Machines, ids?: ReadonlySet<number>): Promise<void> {
  const standing = await readStanding(machines);
  const nowMs = machines.clock.wallMs();
  const ending = standing.rows.filter(
    (row) => row.endRequestedAtMs !== undefined && (ids?.has(row.id) ?? true) && isDone(row, standing, nowMs),
  );
  await each(ending, async (row) => {
    const provider = machines.providers.find(({ scope }) => scope === row.scope);
    // Without an id it is not known what to end: the next list tells, or shows that there is nothing.
    if (provider === undefined || row.providerId === undefined) return;
    await provider.remove(row.providerId);
    await forget(machines, row);
  });
}

/** `DELETE` of all: those that have nothing to finish go at once, by their tag where that hits no other. */
export async function endAll(machines: Machines, providers: readonly MachineProvider[]): Promise<void> {
  const { rows } = await readStanding(machines);
  await requestEnd(machines, rows, 'all machines were to end');
  await each(providers, async (provider) => {
    const standing = await readStanding(machines);
    const mine = standing.rows.filter(({ scope }) => scope === provider.scope);
    const nowMs = machines.clock.wallMs();
    // A machine whose start is under way, or that is still at work, has the tag, too.
    const all = mine.every((row) => row.endRequestedAtMs !== undefined && isDone(row, standing, nowMs));
    if (!all) return finishEnding(machines, new Set(mine.map(({ id }) => id)));
    if (mine.length === 0 && provider.tokens === 'single') return;
    await provider.removeAll();
    for (const row of mine) if (row.providerId !== undefined) await forget(machines, row);
  });
}

/** It is gone: nobody may come back as its agent. */
async function forget({ store, grid, clock, logger }: Machines, row: MachineRow): Promise<void> {
  const reason = row.endReason ?? 'it was ended';
  if (!(await store.ended(row.id, reason, clock.wallMs()))) return;
  logger.info({ machine: row.id, provider: row.provider, reason }, 'a machine has ended');
  if (row.agentId === undefined) return;
  await grid.enrolment.revokeAgent(row.agentId).catch((error: unknown) => {
    if (!(error instanceof GridError) || error.code !== 'not_found') throw error;
  });
}

async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  const results = await Promise.allSettled(items.map(work));
  for (const result of results) if (result.status === 'rejected') failures.push(result.reason);
  if (failures.length > 0) throw failures[0];
}
