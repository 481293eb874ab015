import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { openDashboard, type Dashboard } from '../../support/dashboard-browser.ts';
import { manyJobs } from '../../support/dashboard-scene.ts';
import type { BenchContext, Measurement, Row } from '../measurement.ts';
import { startSimulatedGrid, type SimulatedGrid } from '../support/grid.ts';
import { looked, type Look } from '../support/looked.ts';
import { percentile } from '../support/stats.ts';

const FULL = { jobs: 10_000, agents: 1_000, clips: 10_000, seconds: 15, loads: 5 };
const QUICK = { jobs: 500, agents: 50, clips: 500, seconds: 4, loads: 2 };
const FRAMES_PER_CLIP = 25;
const GRANTED_WITHIN_MS = 120_000;

const CONTENT_TARGET_MS = 1_000;
/** Ten thousand of them are megabytes; the job itself is there before. */
const CLIPS_TARGET_MS = 2_000;
const LONG_TASK_TARGET_MS = 200;

type Scale = typeof FULL;

/** A job of many clips, of which every agent holds one, and a long list of ended jobs. Resolves with the id of the job. */
async function fill(context: BenchContext, grid: SimulatedGrid, scale: Scale): Promise<string> {
  const jobId = await grid.submit();
  const deadline = performance.now() + GRANTED_WITHIN_MS;
  let held = 0;
  while (held < scale.agents) {
    held += (await grid.agents.report()).grants.filter((grant) => grant.kind === 'encode').length;
    if (performance.now() > deadline) throw new Error(`${held} of ${scale.agents} agents got a clip`);
    await sleep(200);
  }
  const pool = new pg.Pool({ connectionString: grid.databaseUrl, max: 1 });
  try {
    await manyJobs(pool, scale.jobs);
    await pool.query('vacuum analyze jobs');
  } finally {
    await pool.end();
  }
  context.say(`${scale.jobs} jobs, ${scale.agents} agents and a job of ${scale.clips} clips are there`);
  return jobId;
}

interface Page {
  readonly name: string;
  readonly path: string;
  /** There when the page has something to look at. */
  readonly content: string;
  /** What is scrolled. */
  readonly scrolled: string;
  readonly contentTargetMs: number;
}

function pagesOf(jobId: string): Page[] {
  const path = `/jobs/${jobId}`;
  const contentTargetMs = CONTENT_TARGET_MS;
  return [
    { name: 'jobs', path: '/', content: '.row', scrolled: '.table', contentTargetMs },
    { name: 'agents', path: '/agents', content: '.row', scrolled: '.table', contentTargetMs },
    { name: 'a job', path, content: '.job-state', scrolled: '#main', contentTargetMs },
    {
      name: 'its clips',
      path,
      content: '.task-columns .row',
      scrolled: '.task-columns',
      contentTargetMs: CLIPS_TARGET_MS,
    },
  ];
}

function rowsOf({ name, contentTargetMs }: Page, looks: readonly Look[]): Row[] {
  const content = looks.map(({ contentMs }) => contentMs);
  const last = looks.at(-1);
  if (!last) return [];
  return [
    {
      what: `${name}: time to content, median`,
      value: percentile(content, 0.5),
      unit: 'ms',
      target: { atMost: contentTargetMs },
      note: `${content.length} loads in new contexts: nothing cached`,
    },
    {
      what: `${name}: longest task while live`,
      value: last.longestTaskMs,
      unit: 'ms',
      target: { atMost: LONG_TASK_TARGET_MS },
      note: 'after the first second; while it is looked at and scrolled',
    },
    { what: `${name}: frames while scrolled, p95`, value: last.frameMs, unit: 'ms' },
    { what: `${name}: JavaScript heap`, value: last.heapMib, unit: 'MiB' },
  ];
}

async function lookAt(dashboard: Dashboard, base: string, { page, scale }: { page: Page; scale: Scale }) {
  const looks: Look[] = [];
  for (let i = 0; i < scale.loads; i++) {
    const seconds = i === scale.loads - 1 ? scale.seconds : 0;
    looks.push(await looked(dashboard.browser, { url: base + page.path, seconds, ...page }));
  }
  return rowsOf(page, looks);
}

async function run(context: BenchContext): Promise<Row[]> {
  const scale = context.quick ? QUICK : FULL;
  const grid = await startSimulatedGrid(context, {
    name: 'dashboard',
    agents: scale.agents,
    processes: 2,
    clips: scale.clips,
    framesPerClip: FRAMES_PER_CLIP,
    holdClips: true,
  });
  try {
    const jobId = await fill(context, grid, scale);
    const base = `http://127.0.0.1:${grid.coordinator.httpPort}`;
    const dashboard = await openDashboard(base);
    const rows: Row[] = [];
    try {
      for (const page of pagesOf(jobId)) {
        context.say(`looking at ${page.name}`);
        rows.push(...(await lookAt(dashboard, base, { page, scale })));
      }
    } finally {
      await dashboard.close();
    }
    return rows;
  } finally {
    await grid.stop();
  }
}

export const dashboard: Measurement = {
  name: 'dashboard',
  about: `the pages in Chromium, with ${FULL.jobs} jobs, ${FULL.agents} agents and a job of ${FULL.clips} clips, live`,
  run,
};
