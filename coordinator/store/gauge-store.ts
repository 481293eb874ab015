import type { Gauges } from '../domain/gauges.ts';

export interface GaugeStore {
  gauges(): Promise<Gauges>;
}
