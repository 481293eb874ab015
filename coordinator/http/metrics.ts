import type { Middleware } from 'koa';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Clock } from '../../shared/clock.ts';
import type { Grid } from '../grid/face.ts';

/** Prometheus metrics of one coordinator. Names are stable; see coordinator/ARCHITECTURE.md. */
export interface HttpMetrics {
  readonly requests: Histogram;
  readonly granted: Counter;
  readonly dispatch: Histogram;
  render(): Promise<string>;
}

export function createMetrics(
  grid: () => Pick<Grid, 'agents'> & { jobCounts(): Promise<ReadonlyMap<string, number>> },
): HttpMetrics {
  const registers = [new Registry()];
  const [registry] = registers;
  const seconds = [0.001, 0.005, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];
  const requests = new Histogram({
    name: 'clipgrid_http_request_seconds',
    help: 'Time to answer, by method and status',
    labelNames: ['method', 'status'],
    buckets: seconds,
    registers,
  });
  const granted = new Counter({
    name: 'clipgrid_leases_granted_total',
    help: 'Leases granted by this coordinator, by task kind',
    labelNames: ['kind'],
    registers,
  });
  const dispatch = new Histogram({
    name: 'clipgrid_task_wait_seconds',
    help: 'Time from ready to granted',
    buckets: [...seconds, 30, 100, 1000],
    registers,
  });
  const agents = new Gauge({
    name: 'clipgrid_agents',
    help: 'Agents by state',
    labelNames: ['state'],
    registers,
  });
  const jobs = new Gauge({ name: 'clipgrid_jobs', help: 'Jobs by state', labelNames: ['state'], registers });
  return {
    requests,
    granted,
    dispatch,
    async render() {
      const [views, counts] = await Promise.all([grid().agents.list(), grid().jobCounts()]);
      agents.reset();
      for (const view of views) agents.inc({ state: view.state });
      jobs.reset();
      for (const [state, count] of counts) jobs.set({ state }, count);
      return registry?.metrics() ?? '';
    },
  };
}

/** Times each request. Paths are no label: ids in them would make a series each. */
export function httpMetrics({ metrics, clock }: { metrics: HttpMetrics; clock: Clock }): Middleware {
  return async (ctx, next) => {
    const fromMs = clock.monotonicMs();
    await next();
    metrics.requests.observe(
      { method: ctx.method, status: ctx.status },
      (clock.monotonicMs() - fromMs) / 1000,
    );
  };
}
