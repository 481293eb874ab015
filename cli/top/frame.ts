import type { AgentDocument, JobSummary } from '../../client/documents.ts';
import { bar, secondsText } from '../bars.ts';
import { sortedAgents, sortedJobs } from './model.ts';
import { markedRow, type TopState } from './state.ts';
import { fit } from './width.ts';

export type Style = 'plain' | 'title' | 'head' | 'marked' | 'dim' | 'bad' | 'question';

/** One line of the screen, exactly as wide as it. */
export interface FrameLine {
  readonly text: string;
  readonly style: Style;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** A column of a table: its title, its cells, and how wide it is; 0: what is left. */
interface Column<T> {
  readonly title: string;
  readonly width: number;
  readonly right?: boolean;
  cell(one: T): string;
}

const JOB_COLUMNS: readonly Column<JobSummary>[] = [
  { title: 'JOB', width: 0, cell: (job) => job.name },
  { title: 'STATE', width: 9, cell: (job) => job.state },
  { title: 'PROGRESS', width: 17, cell: (job) => `${bar(job.percent, 100, 10)} ${job.percent.toFixed(0)} %` },
  {
    title: 'CLIPS',
    width: 11,
    cell: (job) => (job.clips_total > 0 ? `${job.clips_done}/${job.clips_total}` : '-'),
  },
  { title: 'FPS', width: 7, right: true, cell: (job) => (job.fps > 0 ? job.fps.toFixed(1) : '-') },
  {
    title: 'LEFT',
    width: 12,
    right: true,
    cell: (job) => (job.eta_seconds === null ? '-' : secondsText(job.eta_seconds)),
  },
  { title: 'ID', width: 8, cell: (job) => job.job_id.slice(-8) },
];

/** State and, where there is one, the owner's reason. */
export function agentState({ state, paused, drain_seconds_left: leftS }: AgentDocument): string {
  if (state === 'online' && paused) return `paused: ${paused.reason}`;
  return state === 'draining' && leftS !== null ? `draining, ${secondsText(leftS)}` : state;
}

const AGENT_COLUMNS: readonly Column<AgentDocument>[] = [
  { title: 'AGENT', width: 0, cell: (agent) => agent.name },
  { title: 'STATE', width: 24, cell: agentState },
  { title: 'BUSY', width: 7, cell: (agent) => `${agent.leases}/${agent.slots}` },
  { title: 'FPS', width: 7, right: true, cell: (agent) => (agent.fps > 0 ? agent.fps.toFixed(1) : '-') },
  {
    title: 'CPU',
    width: 6,
    right: true,
    cell: ({ load }) => (load ? `${Math.round(load.cpu * 100)} %` : '-'),
  },
  { title: 'CORES', width: 5, right: true, cell: (agent) => String(agent.cpu_cores) },
  { title: 'GPU', width: 16, cell: (agent) => agent.gpus.map((gpu) => gpu.model).join(', ') || '-' },
];

const LEAST_WIDTH = 12;

/** Columns that fit: the last ones go first where the screen is narrow. The first takes what is left. */
function fitting<T>(all: readonly Column<T>[], columns: number): (Column<T> & { cells: number })[] {
  const shown = [...all];
  const others = (): number => shown.reduce((sum, { width }) => sum + (width > 0 ? width + 1 : 0), 0);
  while (shown.length > 1 && columns - others() < LEAST_WIDTH) shown.pop();
  const rest = Math.max(1, columns - others());
  return shown.map((column) => ({ ...column, cells: column.width > 0 ? column.width : rest }));
}

function rowText(
  cells: readonly { text: string; cells: number; right?: boolean | undefined }[],
  columns: number,
): string {
  const line = cells.map(({ text, cells: width, right }) => {
    if (!right) return fit(text, width);
    const shown = fit(text, width).trimEnd();
    return `${' '.repeat(Math.max(0, width - shown.length))}${shown}`;
  });
  return fit(line.join(' '), columns);
}

interface Table {
  readonly head: string;
  readonly rows: readonly string[];
}

function table<T>(columns: readonly Column<T>[], all: readonly T[], width: number): Table {
  const shown = fitting(columns, width);
  const line = (textOf: (column: Column<T>) => string): string =>
    rowText(
      shown.map((column) => ({ text: textOf(column), cells: column.cells, right: column.right })),
      width,
    );
  return { head: line(({ title }) => title), rows: all.map((one) => line(({ cell }) => cell(one))) };
}

export const HELP_LINES: readonly string[] = [
  'j, k, arrows   the next line, the line before; g, G the first, the last; page up, page down',
  'tab            jobs or agents',
  'c              cancel the marked job, after a question',
  'd              drain the marked agent; again: let it work',
  'q, Ctrl-C      leave; the grid goes on',
  '?              this help; any key takes it away',
];

function titleText({ model, isLive }: TopState): string {
  const { grid } = model;
  if (grid === undefined) return 'clipgrid top: asking the coordinator';
  const { jobs } = grid;
  const active = (jobs.indexing ?? 0) + (jobs.encoding ?? 0) + (jobs.merging ?? 0);
  const words = [
    `${active} jobs at work, ${jobs.queued ?? 0} queued`,
    `${grid.tasks_running} tasks run, ${grid.tasks_ready} wait`,
    `${grid.agents_online} agents online${grid.agents_draining > 0 ? `, ${grid.agents_draining} draining` : ''}`,
    `${grid.fps.toFixed(1)} fps`,
  ];
  return `clipgrid top${isLive ? '' : ' (not connected)'}  ${words.join('  ')}`;
}

function bottom(state: TopState): FrameLine {
  if (state.mode === 'confirm') {
    const job = state.model.jobs.get(state.marked.jobs ?? '');
    return {
      text: `cancel ${job?.name ?? 'it'} (${job?.job_id ?? ''})? y: yes, any other key: no`,
      style: 'question',
    };
  }
  if (state.message !== '') return { text: state.message, style: 'question' };
  return { text: 'q quit  j/k move  tab jobs/agents  c cancel  d drain  ? help', style: 'dim' };
}

/** Of so many lines the first that is shown, so that the marked one is in sight. */
function firstShown(row: number, rows: number, room: number): number {
  return Math.max(0, Math.min(row - Math.floor(room / 2), rows - room));
}

function tableOf({ model, tab }: TopState, columns: number): Table {
  return tab === 'jobs'
    ? table(JOB_COLUMNS, sortedJobs(model), columns)
    : table(AGENT_COLUMNS, sortedAgents(model), columns);
}

/** The whole screen: never more lines than it has, each exactly as wide. Pure. */
export function frame(state: TopState, { columns, rows }: Size): FrameLine[] {
  const { tab, model, mode } = state;
  const tabs = `[${tab === 'jobs' ? 'JOBS' : 'jobs'} ${model.jobs.size}]  [${tab === 'agents' ? 'AGENTS' : 'agents'} ${model.agents.size}]`;
  const lines: FrameLine[] = [
    { text: titleText(state), style: 'title' },
    { text: tabs, style: 'plain' },
  ];
  const room = Math.max(1, rows - 4);
  if (mode === 'help')
    lines.push(...HELP_LINES.slice(0, room + 1).map((text) => ({ text, style: 'plain' as const })));
  else {
    const { head, rows: all } = tableOf(state, columns);
    const row = markedRow(state);
    const from = firstShown(row, all.length, room);
    lines.push({ text: head, style: 'head' });
    lines.push(
      ...all
        .slice(from, from + room)
        .map((text, i) => ({ text, style: from + i === row ? ('marked' as const) : ('plain' as const) })),
    );
    if (all.length === 0) lines.push({ text: `no ${tab}`, style: 'dim' });
  }
  while (lines.length < rows - 1) lines.push({ text: '', style: 'plain' });
  const whole = [...lines.slice(0, Math.max(0, rows - 1)), bottom(state)];
  return whole.map(({ text, style }) => ({ text: fit(text, columns), style }));
}

/** The same for a file or a pipe: all of it, once. */
export function plainLines(state: TopState, columns: number): string[] {
  const parts = (['jobs', 'agents'] as const).map((tab) => tableOf({ ...state, tab }, columns));
  const none = ['no jobs', 'no agents'];
  return [
    titleText(state),
    ...parts.flatMap(({ head, rows }, i) => ['', ...(rows.length > 0 ? [head, ...rows] : [none[i] ?? ''])]),
  ].map((line) => line.trimEnd());
}
