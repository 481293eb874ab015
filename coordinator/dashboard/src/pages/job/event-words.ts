import { duration } from '../../ui/format.ts';

/** An event of the job's log, from its history or from its stream. */
export interface LogEvent {
  readonly sequence: number;
  readonly at: string;
  readonly type: string;
  readonly task_id: string | null;
  readonly agent_id: string | null;
  /** Name of the agent, where the history tells it. */
  readonly agent?: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

export type Tone = 'plain' | 'good' | 'bad' | 'odd';

interface Said {
  readonly tone: Tone;
  /** What happened; the names of task and agent are shown beside it. */
  readonly text: string;
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

const STATE_TONES: Readonly<Record<string, Tone>> = { succeeded: 'good', failed: 'bad', cancelled: 'odd' };

function failureOf(data: LogEvent['data']): string {
  const failure = data['failure'];
  return typeof failure === 'object' && failure !== null && 'message' in failure ? text(failure.message) : '';
}

const SAYINGS: Readonly<Record<string, (data: LogEvent['data']) => Said>> = {
  'job.created': () => ({ tone: 'plain', text: 'submitted' }),
  'job.planned': (data) => ({
    tone: 'plain',
    text: `planned: ${text(data['clips'])} clips, ${text(data['frames'])} frames`,
  }),
  'job.state': (data) => {
    const state = text(data['state']);
    const why = failureOf(data);
    return { tone: STATE_TONES[state] ?? 'plain', text: why === '' ? state : `${state}: ${why}` };
  },
  'task.granted': (data) => {
    const epoch = Number(data['epoch'] ?? 1);
    return { tone: 'plain', text: epoch > 1 ? `started, grant ${epoch}` : 'started' };
  },
  'task.succeeded': () => ({ tone: 'good', text: 'done' }),
  'task.failed': (data) => ({ tone: 'bad', text: `failed: ${text(data['message']) || text(data['code'])}` }),
  'task.expired': () => ({
    tone: 'odd',
    text: 'lost: nothing was heard of the agent, so the task is free again',
  }),
  'task.released': () => ({ tone: 'odd', text: 'given back unfinished' }),
  'task.cancelled': () => ({ tone: 'odd', text: 'cancelled' }),
};

/** What an event says, in words. An unknown type says its name: newer coordinators have more. */
export function eventWords({ type, data }: Pick<LogEvent, 'type' | 'data'>): Said {
  return SAYINGS[type]?.(data) ?? { tone: 'plain', text: type };
}

/** Newest first, each once, at most `limit`: what the stream brought and what the history has overlap. */
export function mergedLog(a: readonly LogEvent[], b: readonly LogEvent[], limit: number): LogEvent[] {
  const known = new Map<number, LogEvent>();
  // The history tells the agent's name, so it wins.
  for (const event of [...a, ...b]) {
    const before = known.get(event.sequence);
    if (before === undefined || before.agent === undefined) known.set(event.sequence, event);
  }
  return [...known.values()].toSorted((x, y) => y.sequence - x.sequence).slice(0, limit);
}

/** What a person may look for in the log. */
export interface LogFilter {
  /** All, only what went wrong, or only the job itself. */
  readonly show: 'all' | 'problems' | 'job';
  readonly search: string;
}

/** `names`: how the event's task and agent are called. */
export function isShown(event: LogEvent, filter: LogFilter, names: string): boolean {
  const { tone, text: said } = eventWords(event);
  if (filter.show === 'problems' && tone !== 'bad' && tone !== 'odd') return false;
  if (filter.show === 'job' && event.task_id !== null) return false;
  const search = filter.search.trim().toLowerCase();
  return search === '' || `${said} ${names} ${event.type}`.toLowerCase().includes(search);
}

/** One execution of a task, made of its events. */
export interface Attempt {
  readonly from: string;
  readonly to: string | undefined;
  readonly agent: string;
  readonly agentId: string | null;
  readonly tone: Tone;
  readonly text: string;
}

const ENDS = new Set(['task.succeeded', 'task.failed', 'task.expired', 'task.released', 'task.cancelled']);

/** The attempts of a task, newest first. An attempt whose grant is no longer in the log is left out. */
export function attemptsOf(events: readonly LogEvent[]): Attempt[] {
  const attempts: Attempt[] = [];
  for (const event of [...events].sort((x, y) => x.sequence - y.sequence)) {
    if (event.type === 'task.granted') {
      const agent = event.agent ?? event.agent_id ?? '';
      attempts.unshift({
        from: event.at,
        to: undefined,
        agent,
        agentId: event.agent_id,
        tone: 'plain',
        text: 'running',
      });
    }
    const open = attempts[0];
    if (!ENDS.has(event.type) || open === undefined || open.to !== undefined) continue;
    attempts[0] = { ...open, ...eventWords(event), to: event.at };
  }
  return attempts;
}

/** How long an attempt took, or takes. */
export function attemptTime({ from, to }: Attempt, nowMs: number): string {
  return duration(((to === undefined ? nowMs : Date.parse(to)) - Date.parse(from)) / 1000);
}
