import type { AgentDocument, JobSummary } from '../../client/documents.ts';
import { ENDED_STATES } from '../../client/documents.ts';
import { EMPTY, sortedAgents, sortedJobs, type TopModel } from './model.ts';

export type Tab = 'jobs' | 'agents';

/** What a person may ask the grid for. */
export type TopAction =
  | { readonly kind: 'quit'; readonly interrupted: boolean }
  | { readonly kind: 'cancel'; readonly jobId: string; readonly name: string }
  | { readonly kind: 'drain'; readonly agentId: string; readonly name: string; readonly undo: boolean };

/** Everything that decides what is on the screen. */
export interface TopState {
  readonly model: TopModel;
  readonly tab: Tab;
  /** What is marked, by its id, so that it stays marked when lines move. */
  readonly marked: Readonly<Record<Tab, string | undefined>>;
  readonly mode: 'list' | 'help' | 'confirm';
  /** What happened last, for the line at the bottom. */
  readonly message: string;
  readonly isLive: boolean;
}

export const START: TopState = {
  model: EMPTY,
  tab: 'jobs',
  marked: { jobs: undefined, agents: undefined },
  mode: 'list',
  message: '',
  isLive: false,
};

/** The ids of the lines of the present tab, in their order. */
export function rowIds({ model, tab }: Pick<TopState, 'model' | 'tab'>): string[] {
  return tab === 'jobs'
    ? sortedJobs(model).map((job) => job.job_id)
    : sortedAgents(model).map((agent) => agent.agent_id);
}

/** The number of the marked line, the first where nothing is marked or it is gone. */
export function markedRow(state: TopState, ids = rowIds(state)): number {
  return Math.max(0, ids.indexOf(state.marked[state.tab] ?? ''));
}

function markedJob(state: TopState): JobSummary | undefined {
  return state.model.jobs.get(rowIds(state)[markedRow(state)] ?? '');
}

function markedAgent(state: TopState): AgentDocument | undefined {
  return state.model.agents.get(rowIds(state)[markedRow(state)] ?? '');
}

const STEPS: Readonly<Record<string, (row: number, rows: number) => number>> = {
  j: (row) => row + 1,
  down: (row) => row + 1,
  k: (row) => row - 1,
  up: (row) => row - 1,
  pagedown: (row) => row + 10,
  pageup: (row) => row - 10,
  g: () => 0,
  home: () => 0,
  G: (_, rows) => rows - 1,
  end: (_, rows) => rows - 1,
};

interface Pressed {
  readonly state: TopState;
  readonly action?: TopAction;
}

function moved(state: TopState, key: string): TopState {
  const ids = rowIds(state);
  const step = STEPS[key];
  if (step === undefined || ids.length === 0) return state;
  const row = Math.min(ids.length - 1, Math.max(0, step(markedRow(state, ids), ids.length)));
  return { ...state, marked: { ...state.marked, [state.tab]: ids[row] } };
}

function wantsCancel(state: TopState): TopState {
  const job = state.tab === 'jobs' ? markedJob(state) : undefined;
  if (job === undefined) return { ...state, message: 'no job is marked' };
  if (ENDED_STATES.has(job.state)) return { ...state, message: `${job.name} has ended already` };
  // The question is about this job, wherever its line moves meanwhile.
  return { ...state, mode: 'confirm', marked: { ...state.marked, jobs: job.job_id } };
}

function confirmed(state: TopState, key: string): Pressed {
  const job = markedJob(state);
  const list: TopState = { ...state, mode: 'list', message: '' };
  if (job === undefined || (key !== 'y' && key !== 'Y'))
    return { state: { ...list, message: 'nothing was cancelled' } };
  return { state: list, action: { kind: 'cancel', jobId: job.job_id, name: job.name } };
}

function drained(state: TopState): Pressed {
  const agent = state.tab === 'agents' ? markedAgent(state) : undefined;
  if (agent === undefined) return { state: { ...state, message: 'no agent is marked: tab shows them' } };
  const undo = agent.state === 'draining';
  return { state, action: { kind: 'drain', agentId: agent.agent_id, name: agent.name, undo } };
}

/** What a key does. Keys are characters, or up, down, pageup, pagedown, home, end, tab, escape, interrupt. */
export function press(state: TopState, key: string): Pressed {
  if (key === 'interrupt') return { state, action: { kind: 'quit', interrupted: true } };
  if (state.mode === 'confirm') return confirmed(state, key);
  if (state.mode === 'help') return { state: { ...state, mode: 'list' } };
  switch (key) {
    case 'q':
      return { state, action: { kind: 'quit', interrupted: false } };
    case '?':
    case 'h':
      return { state: { ...state, mode: 'help' } };
    case 'tab':
      return { state: { ...state, tab: state.tab === 'jobs' ? 'agents' : 'jobs', message: '' } };
    case 'c':
      return { state: wantsCancel(state) };
    case 'd':
      return drained(state);
    default:
      return { state: moved(state, key) };
  }
}
