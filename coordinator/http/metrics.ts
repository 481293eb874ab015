import type { RouterContext } from '@koa/router';
import type { Middleware } from 'koa';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Clock } from '../../shared/clock.ts';
import type { Gauges } from '../domain/gauges.ts';
import type { Grid } from '../grid/face.ts';
import type { GridObserver } from '../grid/observer.ts';

/** Prometheus metrics of one coordinator. Names are stable; the table is in coordinator/ARCHITECTURE.md. */
export interface HttpMetrics {
  readonly requests: Histogram;
  /** Counts what happens in the grid's services of this process. */
  readonly observer: GridObserver;
  render(): Promise<string>;
}

/** Of this process. */
export interface ProcessFigures {
  readonly sessions: number;
  readonly connections: { readonly used: number; readonly idle: number; readonly waiting: number };
  /** Since the last look. */
  readonly eventLoopLag: { readonly meanSeconds: number; readonly maxSeconds: number };
  readonly residentBytes: number;
  readonly cpuSeconds: number;
}

/** What is looked up when somebody asks. */
export interface MetricSources {
  readonly agents: Pick<Grid['agents'], 'list'>;
  jobCounts(): Promise<ReadonlyMap<string, number>>;
  gauges(): Promise<Gauges>;
  process(): ProcessFigures;
}

const SECONDS = [0.001, 0.005, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];
const LONG = [1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000];
const FPS = [0.3, 1, 3, 10, 30, 100, 300, 1_000];

interface Shape {
  readonly buckets: number[];
  readonly labels?: string[];
}

function createCounts(registry: Registry) {
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name, help, labelNames, registers });
  const histogram = (name: string, help: string, { buckets, labels = [] }: Shape) =>
    new Histogram({ name, help, labelNames: labels, buckets, registers });
  return {
    requests: histogram('clipgrid_http_request_seconds', 'Time to answer', {
      buckets: SECONDS,
      labels: ['method', 'route', 'status'],
    }),
    granted: counter('clipgrid_leases_granted_total', 'Leases granted by this coordinator', ['kind']),
    expired: counter(
      'clipgrid_leases_expired_total',
      'Leases that this coordinator ended: nobody renewed them',
    ),
    attempts: counter('clipgrid_task_attempts_total', 'Attempts that ended at this coordinator', [
      'kind',
      'outcome',
    ]),
    wait: histogram('clipgrid_task_wait_seconds', 'Time from ready to granted', {
      buckets: [...SECONDS, 30, 100, 1000],
    }),
    duration: histogram('clipgrid_task_seconds', 'Time from granted to committed', {
      buckets: LONG,
      labels: ['kind'],
    }),
    fps: histogram('clipgrid_clip_fps', 'Frames a second of a committed clip, all of its attempt counted', {
      buckets: FPS,
    }),
    output: counter(
      'clipgrid_task_output_bytes_total',
      'Bytes that committed tasks put into the object store',
      ['kind'],
    ),
    fetched: counter(
      'clipgrid_task_fetched_bytes_total',
      'Bytes that committed clips read of the object store',
    ),
    heartbeat: histogram('clipgrid_heartbeat_seconds', 'Time to answer a heartbeat', { buckets: SECONDS }),
    round: histogram('clipgrid_dispatch_round_seconds', 'Time of one look for work', { buckets: SECONDS }),
  };
}

function createGauges(registry: Registry) {
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  return {
    agents: gauge('clipgrid_agents', 'Agents', ['state']),
    jobs: gauge('clipgrid_jobs', 'Jobs', ['state']),
    tasks: gauge('clipgrid_tasks', 'Tasks that are ready, or leased', ['kind', 'state']),
    oldest: gauge('clipgrid_oldest_ready_task_seconds', 'How long the task waits that waits longest'),
    fps: gauge('clipgrid_fps', 'Frames a second of all tasks that run'),
    webhooks: gauge('clipgrid_webhooks_pending', 'Webhooks that are to be delivered'),
    overdue: gauge('clipgrid_webhooks_overdue_seconds', 'How long the webhook is due that is due longest'),
    sessions: gauge('clipgrid_sessions', 'Agents that are connected to this coordinator'),
    connections: gauge(
      'clipgrid_database_connections',
      'Connections of this coordinator; requests that wait',
      ['state'],
    ),
    lagMean: gauge(
      'clipgrid_event_loop_lag_mean_seconds',
      'Delay of the event loop since the last scrape, mean',
    ),
    lagMax: gauge(
      'clipgrid_event_loop_lag_max_seconds',
      'Delay of the event loop since the last scrape, most',
    ),
    memory: gauge('clipgrid_process_resident_bytes', 'Memory of this coordinator'),
    cpu: gauge('clipgrid_process_cpu_seconds', 'Processor time of this coordinator since its start'),
  };
}

function observerOf(counts: ReturnType<typeof createCounts>): GridObserver {
  return {
    granted({ kind, waitedMs }) {
      counts.granted.inc({ kind });
      counts.wait.observe(waitedMs / 1000);
    },
    ended({ kind, outcome, seconds, outputBytes, fetchedBytes, fps }) {
      counts.attempts.inc({ kind, outcome });
      if (outcome === 'committed' && seconds !== undefined) counts.duration.observe({ kind }, seconds);
      if (outputBytes !== undefined) counts.output.inc({ kind }, outputBytes);
      if (fetchedBytes !== undefined) counts.fetched.inc(fetchedBytes);
      if (fps !== undefined) counts.fps.observe(fps);
    },
    expired: (leases) => counts.expired.inc(leases),
    heartbeat: (seconds) => counts.heartbeat.observe(seconds),
    round: (seconds) => counts.round.observe(seconds),
  };
}

type GridGauges = ReturnType<typeof createGauges>;

function setGrid(gauges: GridGauges, { tasks, webhooks }: Gauges): void {
  gauges.tasks.reset();
  for (const { kind, state, count } of tasks) gauges.tasks.set({ kind, state }, count);
  const ready = tasks.filter((one) => one.state === 'ready');
  gauges.oldest.set(Math.max(0, ...ready.map((one) => one.oldestSeconds)));
  gauges.fps.set(tasks.reduce((sum, one) => sum + one.fps, 0));
  gauges.webhooks.set(webhooks.pending);
  gauges.overdue.set(webhooks.overdueSeconds);
}

function setProcess(gauges: GridGauges, figures: ProcessFigures): void {
  gauges.sessions.set(figures.sessions);
  for (const [state, count] of Object.entries(figures.connections)) gauges.connections.set({ state }, count);
  gauges.lagMean.set(figures.eventLoopLag.meanSeconds);
  gauges.lagMax.set(figures.eventLoopLag.maxSeconds);
  gauges.memory.set(figures.residentBytes);
  gauges.cpu.set(figures.cpuSeconds);
}

export function createMetrics(sources: () => MetricSources): HttpMetrics {
  const registry = new Registry();
  const counts = createCounts(registry);
  const gauges = createGauges(registry);
  return {
    requests: counts.requests,
    observer: observerOf(counts),
    async render() {
      const from = sources();
      const [views, jobs, grid] = await Promise.all([from.agents.list(), from.jobCounts(), from.gauges()]);
      gauges.agents.reset();
      for (const view of views) gauges.agents.inc({ state: view.state });
      gauges.jobs.reset();
      for (const [state, count] of jobs) gauges.jobs.set({ state }, count);
      setGrid(gauges, grid);
      setProcess(gauges, from.process());
      return registry.metrics();
    },
  };
}

/** Times each request, by the template of its route: ids in paths would make a series each. */
export function httpMetrics({ metrics, clock }: { metrics: HttpMetrics; clock: Clock }): Middleware {
  return async (ctx, next) => {
    const fromMs = clock.monotonicMs();
    await next();
    const route: unknown = (ctx as unknown as RouterContext).routerPath;
    const labels = {
      method: ctx.method,
      route: typeof route === 'string' ? route : 'other',
      status: ctx.status,
    };
    metrics.requests.observe(labels, (clock.monotonicMs() - fromMs) / 1000);
  };
}
