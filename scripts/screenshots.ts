import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobSummary } from '../client/documents.ts';
import { createRestClient, type RestClient } from '../client/rest-client.ts';
import { uploadFilm } from '../client/upload-film.ts';
import { startLocalGrid } from '../cli/up/local-grid.ts';
import { freePort } from '../coordinator/store/postgres/embedded/spawn-server.ts';
import { systemClock } from '../shared/clock.ts';
import { systemIds } from '../shared/ids.ts';
import { createLogger } from '../shared/logger.ts';
import { openDashboard, type Dashboard } from '../test/support/dashboard-browser.ts';

/**
 * Makes the README's pictures of the dashboard from a real run: a grid with three agents that encodes the bundled film several
 * times. `node scripts/screenshots.ts`, after `npm run setup`; needs Chromium.
 */
const ROOT = join(import.meta.dirname, '..');
const FOLDER = join(ROOT, '.clipgrid/screenshots');
const PICTURES = join(ROOT, 'coordinator/dashboard/screenshots');
const FILM = join(ROOT, 'test/media/bigbuckbunny.mp4');
/** Qualities, from a draft to an archive. */
const QUALITIES = [30, 26, 22, 20, 18, 16, 14, 12];
const BROKEN = 'ffmpeg -i - -c:v libx264 -pix_fmt yuv444p -profile:v main CLIPGRID_OUTPUT.mkv';
const clock = systemClock;
const ids = systemIds(() => clock.wallMs());

interface Picture {
  readonly name: string;
  readonly path: (jobId: string) => string;
  readonly scheme: 'light' | 'dark';
  readonly size: { readonly width: number; readonly height: number };
  /** Seconds that the page is looked at before: sparklines and plots fill. */
  readonly wait: number;
}

const WIDE = { width: 1200, height: 680 };
const TAKEN: readonly Picture[] = [
  { name: 'job', path: (id) => `/jobs/${id}`, scheme: 'dark', size: WIDE, wait: 1 },
  { name: 'agents', path: () => '/agents', scheme: 'light', size: { ...WIDE, height: 360 }, wait: 40 },
  { name: 'jobs', path: () => '/', scheme: 'light', size: WIDE, wait: 2 },
];

async function submitAll(client: RestClient, signal: AbortSignal): Promise<JobSummary[]> {
  const upload = await uploadFilm({ client, file: FILM, clock, ids, signal, onBytes: () => undefined });
  const jobs: JobSummary[] = [];
  for (const crf of QUALITIES) {
    const encode = `ffmpeg -i - -c:v libx264 -preset veryslow -crf ${crf} CLIPGRID_OUTPUT.mkv`;
    const name = `big-buck-bunny-crf${crf}.mkv`;
    const clips = { mode: 'auto', target_seconds: 0.5 };
    jobs.push(await client.post<JobSummary>('/jobs', { upload_id: upload, name, encode, clips }));
  }
  await client.post('/jobs', { upload_id: upload, name: 'typo.mkv', encode: BROKEN, priority: 10 });
  return jobs;
}

/** Resolves when so many of its clips are done. */
async function untilClips(client: RestClient, jobId: string, clips: number): Promise<void> {
  while ((await client.get<JobSummary>(`/jobs/${jobId}`)).clips_done < clips) await clock.sleep(250);
}

async function take(dashboard: Dashboard, picture: Picture, jobId: string): Promise<void> {
  const { name, path, scheme, size, wait } = picture;
  const { page, close } = await dashboard.open(path(jobId), { scheme, ...size });
  await page.getByRole('heading', { level: 1 }).waitFor();
  await clock.sleep(wait * 1_000);
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  await close();
  console.log(`${name}.png`);
}

const signal = AbortSignal.timeout(600_000);
await rm(FOLDER, { recursive: true, force: true });
await mkdir(PICTURES, { recursive: true });
const grid = await startLocalGrid({
  folder: FOLDER,
  agents: 3,
  slots: 1,
  httpPort: await freePort(),
  grpcPort: await freePort(),
  finalripPort: 0,
  environment: { ...process.env, CLIPGRID_HOST: '127.0.0.1', CLIPGRID_AUTH: 'none', CLIPGRID_DRAIN_S: '0' },
  clock,
  ids,
  logger: createLogger('error'),
  signal,
  stopping: () => signal.aborted,
  onEvent: () => undefined,
});
try {
  const client = createRestClient({ url: grid.url, signal });
  const jobs = await submitAll(client, signal);
  const dashboard = await openDashboard(grid.url);
  const shown = jobs[2];
  if (!shown) throw new Error('no job was submitted');
  await untilClips(client, shown.job_id, 2);
  for (const picture of TAKEN) await take(dashboard, picture, shown.job_id);
  await dashboard.close();
} finally {
  await grid.stop();
  await rm(FOLDER, { recursive: true, force: true });
}
