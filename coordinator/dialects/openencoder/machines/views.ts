import type { AgentView } from '../../../domain/agent.ts';
import type { MachineRow } from './machine-row.ts';
import { MACHINE_NAME, TAGS, type Network, type Region, type Size } from './provider.ts';
import { statusOf } from './standing.ts';

/** Without fractions of a second, as the reference tells it. */
function seconds(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`;
}

/** What answers look like (contract 2.12). */
export function machineView(row: MachineRow, agents: ReadonlyMap<string, AgentView>) {
  return {
    id: row.id,
    name: MACHINE_NAME,
    status: statusOf(row, agents),
    size_slug: row.size,
    created_at: seconds(row.createdAtMs),
    region: row.regionName,
    tags: TAGS,
    provider: row.provider,
  };
}

export function regionView({ name, slug, sizes, available }: Region) {
  return { name, slug, sizes, available };
}

export function sizeView({ slug, available, priceMonthly, priceHourly }: Size) {
  return { slug, available, price_monthly: priceMonthly, price_hourly: priceHourly };
}

export function networkView({ id, name }: Network) {
  return { id, name };
}

/** Sums of prices, without the noise of adding fractions. */
export function pricingView(rows: readonly MachineRow[]) {
  const sum = (price: (row: MachineRow) => number): number =>
    Number(rows.reduce((total, row) => total + price(row), 0).toFixed(6));
  return {
    count: rows.length,
    price_hourly: sum((row) => row.priceHourly),
    price_monthly: sum((row) => row.priceMonthly),
  };
}
