import { expect, test } from 'vitest';
import { frame, plainLines, type Size } from '../../../cli/top/frame.ts';
import { keysOf } from '../../../cli/top/keys.ts';
import { afterEvent, modelOf, sortedJobs, type GridDocument } from '../../../cli/top/model.ts';
import { Screen } from '../../../cli/top/screen.ts';
import { press, START, type TopState } from '../../../cli/top/state.ts';
import { fit } from '../../../cli/top/width.ts';
import type { AgentDocument, JobSummary } from '../../../client/documents.ts';

const GRID = {
  fps: 61.44,
  speed: 2,
  tasks_ready: 3,
  tasks_running: 2,
  agents_online: 2,
  agents_draining: 1,
  jobs: { queued: 4, indexing: 1, encoding: 2, merging: 0 },
} as unknown as GridDocument;

function job(id: string, more: Partial<JobSummary> = {}): JobSummary {
  const known = {
    job_id: id,
    name: `${id}.mkv`,
    state: 'encoding',
    percent: 40,
    clips_done: 2,
    clips_total: 5,
  };
  return {
    ...known,
    fps: 12.34,
    eta_seconds: 75,
    created_at: `2027-01-01T00:00:0${id.at(-1)}Z`,
    ...more,
  } as JobSummary;
}

function agent(name: string, more: Partial<AgentDocument> = {}): AgentDocument {
  const known = {
    agent_id: `id-${name}`,
    name,
    state: 'online',
    leases: 1,
    slots: 2,
    fps: 30,
    cpu_cores: 8,
    gpus: [],
  };
  return {
    ...known,
    load: { cpu: 0.42 },
    paused: null,
    drain_seconds_left: null,
    ...more,
  } as unknown as AgentDocument;
}

const JOBS = [
  job('j1', { state: 'succeeded' }),
  job('j2'),
  job('j3', { state: 'queued', fps: 0, eta_seconds: null }),
];
const AGENTS = [
  agent('blue', { paused: { reason: 'blender runs', since: '2027-01-01T00:00:00Z' } }),
  agent('red', { state: 'draining', drain_seconds_left: 90 }),
  agent('away', { state: 'offline' }),
];
const LIVE: TopState = { ...START, isLive: true, model: modelOf(GRID, JOBS, AGENTS) };
const SIZE: Size = { columns: 100, rows: 12 };

const typed = (state: TopState, ...keys: string[]): TopState =>
  keys.reduce((now, key) => press(now, key).state, state);
const shown = (state: TopState, size = SIZE) => frame(state, size).map((line) => line.text.trimEnd());

test('jobs: what is at work first, what each does, and the first one marked', () => {
  const lines = shown(LIVE);
  expect(lines[0]).toBe(
    'clipgrid top  3 jobs at work, 4 queued  2 tasks run, 3 wait  2 agents online, 1 draining  61.4 fps',
  );
  expect(lines[1]).toBe('[JOBS 3]  [agents 3]');
  expect(lines[2]).toMatch(/^JOB +STATE +PROGRESS +CLIPS +FPS +LEFT ID$/);
  expect(lines[3]).toMatch(/^j2\.mkv +encoding +####\.{6} 40 % +2\/5 +12\.3 +1 min 15 s j2$/);
  expect(lines.slice(4, 6).map((line) => line.split(/\s+/).slice(0, 2))).toEqual([
    ['j3.mkv', 'queued'],
    ['j1.mkv', 'succeeded'],
  ]);
  expect(frame(LIVE, SIZE)[3]!.style).toBe('marked');
  expect(lines.at(-1)).toContain('q quit');
});

test('agents: what they hold, and why one stands still', () => {
  const lines = shown(typed(LIVE, 'tab'));
  expect(lines[3]).toMatch(/^blue +paused: blender runs +1\/2 +30\.0 +42 % +8 -$/);
  expect(lines[4]).toMatch(/^red +draining, 1 min 30 s /);
  expect(lines[5]).toMatch(/^away +offline /);
});

test.each([
  [20, 5],
  [40, 3],
  [1, 1],
  [200, 60],
])('on %i columns and %i rows it is exactly as large', (columns, rows) => {
  const wide = {
    ...LIVE,
    model: modelOf(GRID, [job('j1', { name: '映画 🎬 \u001B[2J'.repeat(9) })], AGENTS),
  };
  for (const state of [LIVE, wide, typed(LIVE, '?'), typed(LIVE, 'c'), START]) {
    const lines = frame(state, { columns, rows });
    expect(lines).toHaveLength(rows);
    for (const { text } of lines) expect(fit(text, columns)).toBe(text);
    expect(lines.map((line) => line.text).join('')).not.toContain('\u001B');
  }
});

test('wide and combining characters take the cells that a terminal gives them', () => {
  expect(fit('映画', 5)).toBe('映画 ');
  expect(fit('映画', 3)).toBe('映 ');
  expect(fit('e\u0301a', 3)).toBe('e\u0301a ');
  expect(fit('🎬x', 3)).toBe('🎬x');
});

test('the marked job stays marked when others come before it, and in sight when there are many', () => {
  const many = Array.from({ length: 200 }, (_, i) =>
    job(`job-${String(i).padStart(3, '0')}`, { created_at: `2027-01-01T00:${String(i).padStart(3, '0')}` }),
  );
  const state = typed({ ...LIVE, model: modelOf(GRID, many, []) }, 'j', 'j', 'pagedown', 'k');
  const marked = (one: TopState) =>
    frame(one, SIZE)
      .find((line) => line.style === 'marked')
      ?.text.split(' ')[0];
  expect(marked(state)).toBe('job-188.mkv');
  const newer = { ...state, model: modelOf(GRID, [...many, job('newest', { created_at: '2028' })], []) };
  expect(marked(newer)).toBe('job-188.mkv');
  expect(marked(typed(newer, 'G'))).toBe('job-000.mkv');
  expect(marked(typed(newer, 'G', 'j', 'g', 'up'))).toBe('newest.mkv');
});

test('a cancel asks first, means the job that was marked, and any other key than y is a no', () => {
  const asked = typed(LIVE, 'c');
  expect(shown(asked).at(-1)).toBe('cancel j2.mkv (j2)? y: yes, any other key: no');
  // Another job comes to the top meanwhile.
  const moved = { ...asked, model: modelOf(GRID, [...JOBS, job('j9')], AGENTS) };
  expect(press(moved, 'y').action).toEqual({ kind: 'cancel', jobId: 'j2', name: 'j2.mkv' });
  expect(press(moved, 'q')).toMatchObject({ state: { mode: 'list', message: 'nothing was cancelled' } });
  expect(press(moved, 'q').action).toBeUndefined();
  expect(typed(LIVE, 'G', 'c')).toMatchObject({ mode: 'list', message: 'j1.mkv has ended already' });
  expect(typed(LIVE, 'tab', 'c')).toMatchObject({ mode: 'list', message: 'no job is marked' });
});

test('d drains the marked agent, and undoes it; q and Ctrl-C leave, Ctrl-C also in the middle of a question', () => {
  const agents = typed(LIVE, 'tab');
  expect(press(agents, 'd').action).toEqual({ kind: 'drain', agentId: 'id-blue', name: 'blue', undo: false });
  expect(press(typed(agents, 'j'), 'd').action).toMatchObject({ name: 'red', undo: true });
  expect(press(LIVE, 'd').action).toBeUndefined();
  expect(press(LIVE, 'q').action).toEqual({ kind: 'quit', interrupted: false });
  expect(press(typed(LIVE, 'c'), 'interrupt').action).toEqual({ kind: 'quit', interrupted: true });
  expect(press(typed(LIVE, '?'), 'q')).toMatchObject({ state: { mode: 'list' } });
});

test('keys are told apart however they come together', () => {
  expect(keysOf('j\u001B[A\u001BOBq\u0003\t\u001B[5~\u001B[1;5Cé\u0007')).toEqual([
    'j',
    'up',
    'down',
    'q',
    'interrupt',
    'tab',
    'pageup',
    'é',
  ]);
  expect(keysOf('\u001B')).toEqual(['escape']);
});

test('events change what they tell of and nothing else; a hello means to read all anew', () => {
  const { model } = LIVE;
  expect(afterEvent(model, 'hello', '{}')).toBeUndefined();
  const after = afterEvent(
    model,
    'jobs',
    JSON.stringify({ jobs: [{ job_id: 'j2', percent: 80 }, job('j4')], removed: ['j1'] }),
  )!;
  expect(sortedJobs(after).map((one) => `${one.name} ${one.percent}`)).toEqual([
    'j4.mkv 40',
    'j2.mkv 80',
    'j3.mkv 40',
  ]);
  const agents = afterEvent(
    after,
    'agents',
    JSON.stringify({ agents: [{ agent_id: 'id-red', state: 'online' }], removed: [] }),
  )!;
  expect(agents.agents.get('id-red')).toMatchObject({ name: 'red', state: 'online' });
  expect(afterEvent(agents, 'grid', JSON.stringify({ ...GRID, fps: 1 }))!.grid!.fps).toBe(1);
  const many = Array.from({ length: 3_000 }, (_, i) => job(`old-${i}`, { state: 'failed' }));
  expect(modelOf(GRID, [...many, job('j2')], []).jobs.size).toBe(1_000);
  expect(modelOf(GRID, [...many, job('j2')], []).jobs.has('j2')).toBe(true);
});

test('for a pipe it is written once, both tables', () => {
  const lines = plainLines(LIVE, 100);
  expect(lines.filter((line) => /^(JOB|AGENT) /.test(line))).toHaveLength(2);
  expect(plainLines({ ...START, model: modelOf(GRID, [], []) }, 80)).toEqual(
    expect.arrayContaining(['no jobs', 'no agents']),
  );
});

test('only lines that are different are drawn again, and leaving gives the terminal back once', () => {
  let written = '';
  const raw: boolean[] = [];
  let last: (() => void) | undefined;
  const screen = new Screen({
    columns: 80,
    rows: 3,
    write: (text) => (written += text),
    setRaw: (on) => raw.push(on),
    onInput: () => () => undefined,
    onResize: () => () => undefined,
    onExit: (exit) => ((last = exit), () => (last = undefined)),
  });
  const lines = (second: string) => [
    { text: 'one', style: 'plain' as const },
    { text: second, style: 'plain' as const },
  ];
  screen.draw(lines('two'));
  written = '';
  screen.draw(lines('three'));
  expect(written).toBe('\u001B[2;1Hthree\u001B[0m\u001B[K');
  written = '';
  screen.draw(lines('three'));
  expect(written).toBe('');
  // As at the end of a process that has a fault.
  last!();
  screen.close();
  expect(written).toBe('\u001B[0m\u001B[?25h\u001B[?1049l');
  expect(raw).toEqual([true, false]);
  expect(last).toBeUndefined();
});
