import type { Network, ProviderMachine, Region, Size } from '../provider.ts';

type Json = Readonly<Record<string, unknown>>;

function text(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

function price(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : 0;
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

/** What DigitalOcean tells of a region, a size, a network and a machine, in our words; what it leaves out is empty. */
export function regionOf(json: Json): Region {
  const sizes = Array.isArray(json['sizes']) ? json['sizes'].map(text) : [];
  return { slug: text(json['slug']), name: text(json['name']), sizes, available: json['available'] === true };
}

export function sizeOf(json: Json): Size {
  return {
    slug: text(json['slug']),
    available: json['available'] === true,
    priceHourly: price(json['price_hourly']),
    priceMonthly: price(json['price_monthly']),
  };
}

export function networkOf(json: Json): Network {
  return { id: text(json['id']), name: text(json['name']) };
}

export function machineOf(json: Json): ProviderMachine {
  const region = object(json['region']);
  const size = object(json['size']);
  const createdAtMs = Date.parse(text(json['created_at']));
  return {
    providerId: text(json['id']),
    region: text(region['slug']),
    regionName: text(region['name']) || text(region['slug']),
    size: text(json['size_slug']) || text(size['slug']),
    priceHourly: price(size['price_hourly']),
    priceMonthly: price(size['price_monthly']),
    createdAtMs: Number.isFinite(createdAtMs) ? createdAtMs : 0,
  };
}
