import { signal, type ReadonlySignal } from '@preact/signals';
import type { AgentResponse } from '../../../http/responses.ts';
import { messageOf, type Api } from '../api/client.ts';
import type { AgentChange, EventFeed, GridEvents } from '../api/events.ts';
import { timers } from '../app/timers.ts';
import { SPARK_SAMPLES } from '../ui/sparkline.tsx';
import type { ListState } from './jobs-list.ts';

/** The last values of one agent, oldest first. */
export interface AgentSeries {
  readonly cpu: number[];
  /** Of its busiest GPU; 0 where there is none. */
  readonly gpu: number[];
  readonly fps: number[];
}

const SAMPLE_MS = 3_000;
const ORDER = ['online', 'draining', 'offline', 'revoked'];

/** Those at work first, then by name. */
export function compareAgents(a: AgentResponse, b: AgentResponse): number {
  const order = ORDER.indexOf(a.state) - ORDER.indexOf(b.state);
  return order !== 0 ? order : a.name.localeCompare(b.name, 'en', { numeric: true });
}

/** Of its busiest GPU, a share of 1. */
export function gpuLoad(agent: AgentResponse): number {
  return Math.max(0, ...(agent.load?.gpus ?? []).map((gpu) => gpu.utilization));
}

/** All agents, read when a page first asks for them, then kept up to date; with what their sparklines show. */
export class AgentsList {
  readonly #api: Api;
  readonly #events: EventFeed;
  readonly #rows = signal<readonly AgentResponse[]>([]);
  readonly #state = signal<ListState>({ state: 'loading' });
  /** Rises with each sample of the series. */
  readonly #samples = signal(0);
  readonly rows: ReadonlySignal<readonly AgentResponse[]> = this.#rows;
  readonly state: ReadonlySignal<ListState> = this.#state;
  readonly #series = new Map<string, AgentSeries>();
  #begun = false;
  #reading = false;
  /** Asked for anew while it was read: what the answer has may be from before. */
  #isStale = false;
  #missed: GridEvents['agents'][] = [];

  constructor({ api, events }: { api: Api; events: EventFeed }) {
    this.#api = api;
    this.#events = events;
  }

  /** Harmless when it was said before. */
  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#events.on('agents', (change) => (this.#reading ? this.#missed.push(change) : this.#take(change)));
    this.#events.on('hello', () => void this.load());
    timers.every(SAMPLE_MS, () => this.#sample());
    void this.load();
  }

  async load(): Promise<void> {
    if (this.#reading) {
      this.#isStale = true;
      return;
    }
    this.#reading = true;
    try {
      const { agents } = await this.#api.getJson<{ agents: AgentResponse[] }>('/agents');
      this.#rows.value = agents.toSorted(compareAgents);
      this.#state.value = { state: 'ready' };
    } catch (thrown) {
      this.#state.value = { state: 'failed', why: messageOf(thrown) };
    } finally {
      this.#reading = false;
      for (const change of this.#missed.splice(0)) this.#take(change);
    }
    if (this.#samples.peek() === 0) this.#sample();
    if (!this.#isStale) return;
    this.#isStale = false;
    await this.load();
  }

  /** One that an action answered with, without waiting for the stream. */
  put(agent: AgentResponse): void {
    this.#take({ agents: [agent], removed: [] });
  }

  /** Read within a render, it draws anew with every sample. */
  series(agentId: string): AgentSeries {
    void this.#samples.value;
    return this.#of(agentId);
  }

  #of(agentId: string): AgentSeries {
    const series = this.#series.get(agentId) ?? { cpu: [], gpu: [], fps: [] };
    this.#series.set(agentId, series);
    return series;
  }

  #sample(): void {
    for (const agent of this.#rows.peek()) {
      const { cpu, gpu, fps } = this.#of(agent.agent_id);
      const away = agent.state === 'offline' || agent.state === 'revoked';
      push(cpu, away ? 0 : (agent.load?.cpu ?? 0));
      push(gpu, away ? 0 : gpuLoad(agent));
      push(fps, away ? 0 : agent.fps);
    }
    this.#samples.value++;
  }

  #take({ agents, removed }: GridEvents['agents']): void {
    const rows = new Map(this.#rows.peek().map((agent) => [agent.agent_id, agent]));
    for (const id of removed) {
      rows.delete(id);
      this.#series.delete(id);
    }
    for (const change of agents) {
      const known = rows.get(change.agent_id);
      if (known) rows.set(change.agent_id, { ...known, ...change });
      else if (isWhole(change)) rows.set(change.agent_id, change);
    }
    this.#rows.value = [...rows.values()].toSorted(compareAgents);
  }
}

function isWhole(change: AgentChange): change is AgentResponse {
  return change.name !== undefined && change.state !== undefined && change.capabilities !== undefined;
}

function push(values: number[], value: number): void {
  values.push(value);
  if (values.length > SPARK_SAMPLES) values.shift();
}
