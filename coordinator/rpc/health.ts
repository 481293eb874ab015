import type { Clock } from '../../shared/clock.ts';
import { GridError } from '../../shared/errors.ts';
import {
  HealthService,
  HealthCheckResponse_ServingStatus as Status,
  type HealthCheckRequest,
  type HealthCheckResponse,
  type HealthListRequest,
  type HealthListResponse,
  type HealthServer,
} from '../../shared/gen/grpc/health/v1/health.ts';
import { OpenStreams } from './open-streams.ts';
import type { CallDeps, RpcService } from './rpc-service.ts';
import { serverStream } from './server-stream.ts';
import { unary } from './unary.ts';
import { within } from './within.ts';

export interface HealthDeps extends CallDeps {
  /** Full names of the services that are asked about, beside the empty one for all. */
  readonly services: readonly string[];
  /** Resolves when database and object store can be used; else throws. */
  ready(): Promise<void>;
}

/** A check is as good as new for so long: probes from everywhere are one question to the database. */
const FRESH_MS = 500;
const READY_WITHIN_MS = 5_000;
const WATCH_EVERY_MS = 1_000;

/** Whether the process can serve, asked at most every half second. */
class Readiness {
  readonly #clock: Clock;
  readonly #ready: () => Promise<void>;
  #askedMs = -Infinity;
  #answer: Promise<boolean> = Promise.resolve(false);

  constructor({ clock, ready }: HealthDeps) {
    this.#clock = clock;
    this.#ready = ready;
  }

  now(): Promise<boolean> {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#askedMs < FRESH_MS) return this.#answer;
    this.#askedMs = nowMs;
    this.#answer = within(this.#clock, READY_WITHIN_MS, this.#ready()).then(
      () => true,
      () => false,
    );
    return this.#answer;
  }
}

/** grpc.health.v1: all services stand on the same database and objects, so they are up and down together. */
export function createHealthService(deps: HealthDeps): RpcService {
  const names = new Set(['', ...deps.services]);
  const readiness = new Readiness(deps);
  const stopping = new AbortController();
  const open = new OpenStreams('health watches', deps.limits.watches);

  async function current(): Promise<HealthCheckResponse> {
    const serving = !stopping.signal.aborted && (await readiness.now()) && !stopping.signal.aborted;
    return { status: serving ? Status.SERVING : Status.NOT_SERVING };
  }

  async function* changes(service: string, signal: AbortSignal): AsyncGenerator<HealthCheckResponse> {
    let told: number | undefined;
    for (;;) {
      const response = names.has(service) ? await current() : { status: Status.SERVICE_UNKNOWN };
      if (response.status !== told) {
        told = response.status;
        yield response;
      }
      if (signal.aborted) return;
      await deps.clock.sleep(WATCH_EVERY_MS, signal);
    }
  }

  const implementation: HealthServer = {
    check: unary(deps, 'anybody', async ({ service }: HealthCheckRequest) => {
      if (names.has(service)) return current();
      throw new GridError('not_found', `there is no service ${JSON.stringify(service.slice(0, 200))}`, {
        details: { field: 'service', value: service },
      });
    }),
    list: unary<HealthListRequest, HealthListResponse>(deps, 'anybody', async () => {
      const response = await current();
      return { statuses: Object.fromEntries([...names].map((name) => [name, response])) };
    }),
    watch: serverStream(deps, {
      scope: 'anybody',
      open,
      stopping: stopping.signal,
      source: ({ service }: HealthCheckRequest, _, signal) => changes(service, signal),
    }),
  };
  return { definition: HealthService, implementation, stop: () => stopping.abort() };
}
