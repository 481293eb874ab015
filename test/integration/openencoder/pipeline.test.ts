import { execFileSync } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startOpenencoderGrid, type OpenencoderGrid } from '../../support/openencoder-grid.ts';
import { JOB_MS, openencoderJobs } from '../../support/openencoder-jobs.ts';
import { refuseWrites, startOperatorStore, type OperatorStore } from '../../support/openencoder-store.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';

vi.setConfig({ testTimeout: JOB_MS, hookTimeout: JOB_MS });

const ORDER = ['queued', 'restarting', 'downloading', 'probing', 'encoding', 'uploading'];
const QUICK = 'h264_baseline_360p_600';

let folder: string;
let grid: OpenencoderGrid;
let store: OperatorStore;
let network: TcpProxy;
let agent: { kill(): Promise<void> };
let jobs: ReturnType<typeof openencoderJobs>;
let admin = '';
let operator = '';

/** Few frames a second: what is looked at is not how fast ffmpeg is. */
function makeFilm(name: string, seconds: number, rate = 10): string {
  const path = join(folder, name);
  const video = ['-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=${rate}:duration=${seconds}`];
  const audio = ['-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`];
  const codecs = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac'];
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...video, ...audio, ...codecs, path]);
  return path;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clipgrid-openencoder-films-'));
  // The store takes some seconds to start.
  [store, grid] = await Promise.all([startOperatorStore(), startOpenencoderGrid()]);
  agent = grid.addAgent();
  const { hostname, port } = new URL(store.s3.url);
  network = await TcpProxy.open({ host: hostname, port: Number(port) });
  await store.putFile('src/t.mp4', makeFilm('t.mp4', 20));
  await store.putFile('src/short film?.mp4', makeFilm('short.mp4', 2));
  await store.putFile('src/middle.mp4', makeFilm('middle.mp4', 6, 25));
  admin = await grid.admin();
  operator = await grid.member('olga', 'operator', admin);
  jobs = openencoderJobs({ grid, store, token: operator, folder });
  await store.use(grid, admin);
});
afterAll(async () => {
  await grid.close();
  network.close();
  await store.stop();
  await rm(folder, { recursive: true, force: true });
});

const settings = (body: object) => grid.call('PUT', '/api/settings', { token: admin, body });

/** As the grid's own pages list them. */
async function gridJobs() {
  const answer = await fetch(`${grid.mainUrl}/api/v1/jobs?dialect=openencoder`);
  const { jobs: listed } = (await answer.json()) as {
    jobs: { job_id: string; dialect: string; state: string; name: string }[];
  };
  return listed;
}

/** A day goes by for all that has ended. */
async function forgetEnded(): Promise<void> {
  await grid.query(`update openencoder_ended_jobs set ended_at = now() - interval '25 hours'`);
  await expect.poll(gridJobs, { timeout: JOB_MS }).toEqual([]);
}

/** Processes that work below the grid's folder: tools of its agents. */
function tools(): number {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`).startsWith(`${grid.folder}/agent-`);
    } catch {
      return false;
    }
  }).length;
}

/** Until its progress has changed so often, as a rule within 2 s (contract 3.2): a busy machine may be late once. */
async function progresses(id: number, times: number): Promise<void> {
  let [before, sinceMs] = [(await jobs.job(id)).progress, Number.NaN];
  const gaps: number[] = [];
  await expect
    .poll(
      async () => {
        const { progress } = await jobs.job(id);
        const nowMs = performance.now();
        if (progress === before) return gaps.length;
        if (!Number.isNaN(sinceMs)) gaps.push(nowMs - sinceMs);
        [before, sinceMs] = [progress, nowMs];
        return gaps.length;
      },
      { timeout: JOB_MS, interval: 50 },
    )
    .toBeGreaterThanOrEqual(times);
  expect(gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)]).toBeLessThan(2_000);
}

describe('jobs on the grid (acceptance checks of the contract)', () => {
  it('9. a film of 20 s goes through its stages and is confirmed by the store', async () => {
    const id = await jobs.submit({ preset: QUICK, source: 's3:///src/t.mp4', dest: 's3:///dst/t/' });
    const seen = await jobs.until(id, 'completed', 'error');
    const statuses = seen.map((one) => one.status);
    expect(statuses.at(-1)).toBe('completed');
    const ranks = statuses.map((status) => [...ORDER, 'completed'].indexOf(status));
    expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
    const progress = seen.filter((one) => one.status === 'encoding').map((one) => one.progress);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    for (const percent of progress) expect(percent).toBeLessThan(100);
    const last = await jobs.job(id);
    expect(last).toMatchObject({ progress: 100, speed: null, fps: 0, error: null, streaming: false });
    expect(JSON.parse(last.probe).streams).toHaveLength(2);
    expect(JSON.parse(last.options).raw).toContain('-vf scale=-2:360');
    expect(await store.outbound()).toEqual([`dst/t/${QUICK}.mp4`]);
    const { streams, format } = await jobs.fetched(`dst/t/${QUICK}.mp4`);
    expect(streams[0]).toMatchObject({ codec_name: 'h264', profile: 'Constrained Baseline', height: 360 });
    expect(Math.abs(Number(format.duration) - 20)).toBeLessThan(0.1);
    await expect.poll(() => grid.query('select * from openencoder_outputs')).toEqual([]);
    // The grid's own pages show it for a day; then nothing is kept of it but its row.
    const [shown] = await gridJobs();
    expect(shown).toMatchObject({ dialect: 'openencoder', state: 'succeeded', name: 't.mp4' });
    const whole = await fetch(`${grid.mainUrl}/api/v1/jobs/${shown?.job_id}`);
    expect(await whole.json()).toMatchObject({ dialect_details: { id: String(id), preset: QUICK } });
    await forgetEnded();
    await expect.poll(() => grid.query('select * from openencoder_ended_jobs')).toEqual([]);
    expect(await jobs.post(`/api/jobs/${id}/cancel`)).toBe(409);
  });

  it('10. each shipped preset encodes, under its name and by plain concatenation', async () => {
    const { json } = await grid.call('GET', '/api/presets', { token: operator });
    const presets = json.presets.toReversed() as { name: string; output: string }[];
    expect(presets.map(({ output }) => output)).toEqual([
      'h264_baseline_360p_600.mp4',
      'h264_main_480p_1000.mp4',
      'h264_main_720p_3000.mp4',
      'h264_main_1080p_6000.mp4',
      'webm_vp9_3000_720.webm',
    ]);
    const source = 's3://any/src/short film?.mp4';
    const ids = await Promise.all(
      presets.map(({ name }) => jobs.submit({ preset: name, source, dest: 'ten/x-' })),
    );
    for (const id of ids)
      expect((await jobs.until(id, 'completed', 'error')).at(-1)).toMatchObject({ error: null });
    const heights = [360, 480, 720, 1080, 720];
    for (const [at, { output }] of presets.entries())
      expect((await jobs.fetched(`ten/x-${output}`)).streams[0]).toMatchObject({ height: heights[at] });
  });

  it('publishes all files of a result flat beside it, and no log of a pass', async () => {
    const data =
      '{"raw":["-c:v libx264 -preset ultrafast -g 10 -f hls -hls_time 1 -hls_segment_filename s%03d.ts"]}';
    const name = await jobs.preset('hls', { output: 'index.m3u8', data });
    const video = { codec: 'libx264', preset: 'ultrafast', pass: '2', bitrate: '200k' };
    const twice = await jobs.preset('twice', { output: 'two.mp4', data: JSON.stringify({ video }) });
    const source = 'src/short%20film%3F.mp4';
    const ids = [
      await jobs.submit({ preset: name, source, dest: 'hls/' }),
      await jobs.submit({ preset: twice, source, dest: 'hls/' }),
    ];
    for (const id of ids)
      expect((await jobs.until(id, 'completed', 'error')).at(-1)).toMatchObject({ error: null });
    const keys = (await store.outbound()).filter((key) => key.startsWith('hls/'));
    expect(keys).toEqual(['hls/index.m3u8', 'hls/s000.ts', 'hls/s001.ts', 'hls/two.mp4']);
  });

  it('14. a missing source, a bad option and a refused upload are errors that say why', async () => {
    const fromMs = performance.now();
    const missing = await jobs.submit({ preset: QUICK, source: 'src/none.mp4', dest: 'lost/' });
    expect((await jobs.until(missing, 'completed', 'error')).at(-1)).toMatchObject({ status: 'error' });
    expect(performance.now() - fromMs).toBeLessThan(30_000);
    expect((await jobs.job(missing)).error).toContain('src/none.mp4');
    const bad = await jobs.preset('bad', { output: 'o.mp4', data: '{"raw":["-c:v nothing_of_that_name"]}' });
    const source = 'src/short film?.mp4';
    const wrong = await jobs.submit({ preset: bad, source, dest: 'lost/' });
    expect((await jobs.until(wrong, 'completed', 'error')).at(-1)).toMatchObject({ status: 'error' });
    expect((await jobs.job(wrong)).error_log).toContain('nothing_of_that_name');
    // Slack is told through the outbox.
    const strict = await refuseWrites(store.s3.url);
    await settings({ S3_ENDPOINT: strict.url, SLACK_WEBHOOK: 'https://slack.invalid/a-secret' });
    const refused = await jobs.submit({ preset: QUICK, source, dest: 'lost/' });
    const seen = await jobs.until(refused, 'completed', 'error');
    expect(seen.map((one) => one.status)).not.toContain('completed');
    expect((await jobs.job(refused)).error).toContain('AccessDenied');
    // The result that nobody can fetch takes no space after a day.
    await forgetEnded();
    const deliveries = await grid.query('select owner_id, origin from webhook_deliveries');
    expect(deliveries).toEqual([{ owner_id: 'openencoder', origin: 'https://slack.invalid' }]);
    await settings({ S3_ENDPOINT: store.s3.url, SLACK_WEBHOOK: '' });
    strict.close();
    // The same job, once more: a revision of its own.
    expect(await jobs.post(`/api/jobs/${refused}/restart`)).toBe(200);
    expect((await jobs.until(refused, 'completed', 'error')).at(-1)).toMatchObject({
      status: 'completed',
      error: null,
    });
    expect(await store.outbound()).toContain(`lost/${QUICK}.mp4`);
  });

  it('15. a cancel while queued, downloading and encoding stays, ends ffmpeg and leaves nothing', async () => {
    const slow = await jobs.preset('slow', {
      output: 'slow.mp4',
      data: '{"raw":["-vf scale=-2:1080 -c:v libx264 -preset veryslow -threads 1"]}',
    });
    const encoding = await jobs.submit({ preset: slow, source: 'src/t.mp4', dest: 'gone/' });
    await jobs.until(encoding, 'encoding');
    // The one slot is taken.
    const queued = await jobs.submit({ preset: slow, source: 'src/t.mp4', dest: 'gone/' });
    expect(await jobs.post(`/api/jobs/${queued}/cancel`)).toBe(200);
    await expect
      .poll(async () => (await jobs.job(encoding)).speed, { timeout: JOB_MS })
      .toMatch(/^\d+\.\d\dx$/);
    const busy = (await grid.call('GET', '/api/worker/busy', { token: operator })).json;
    expect(JSON.parse(busy[0].args_json)).toMatchObject({ preset: slow, source: 'src/t.mp4' });
    expect(tools()).toBeGreaterThan(0);
    expect(await jobs.post(`/api/jobs/${encoding}/cancel`)).toBe(200);
    await expect.poll(tools, { timeout: 2_000, interval: 50 }).toBe(0);

    await settings({ S3_ENDPOINT: `http://${network.address}` });
    network.swallow('down');
    const downloading = await jobs.submit({ preset: slow, source: 'src/t.mp4', dest: 'gone/' });
    await jobs.until(downloading, 'downloading');
    expect(await jobs.post(`/api/jobs/${downloading}/cancel`)).toBe(200);
    network.release();
    await settings({ S3_ENDPOINT: store.s3.url });

    // Another job of the same queue comes through: what was cancelled would have come before it.
    const after = await jobs.submit({ preset: QUICK, source: 'src/short film?.mp4', dest: 'after/' });
    await jobs.until(after, 'completed');
    for (const id of [queued, encoding, downloading]) expect((await jobs.job(id)).status).toBe('cancelled');
    expect((await store.outbound()).filter((key) => key.startsWith('gone/'))).toEqual([]);
    await expect
      .poll(() => grid.query('select job_id from openencoder_jobs where staged_key is not null'), {
        timeout: JOB_MS,
      })
      .toEqual([]);
  });

  it('16. a job outlives its agent, killed in the middle, and a restart of the coordinator; it is published once', async () => {
    const steady = await jobs.preset('steady', {
      output: 'steady.mp4',
      data: '{"raw":["-vf scale=-2:720 -c:v libx264 -preset veryslow -threads 1"]}',
    });
    await settings({ SLACK_WEBHOOK: 'https://slack.invalid/once' });
    await agent.kill();
    const victim = await grid.addAgentProcess('victim');
    const id = await jobs.submit({ preset: steady, source: 'src/middle.mp4', dest: 'sixteen/' });
    await jobs.until(id, 'encoding');
    await progresses(id, 5);
    expect(tools()).toBeGreaterThan(0);
    await victim.kill();
    await expect.poll(tools, { timeout: 5_000, interval: 50 }).toBe(0);
    await grid.restart();
    agent = grid.addAgent();
    const seen = await jobs.until(id, 'completed', 'error');
    expect(seen.at(-1)).toMatchObject({ status: 'completed', error: null });
    expect(seen.filter(({ status }) => status === 'completed')).toHaveLength(1);
    // Told once, too, and it stays so.
    const told = await grid.query(
      `select 1 from webhook_deliveries where convert_from(body, 'UTF8') like '%sixteen%'`,
    );
    expect(told).toHaveLength(1);
    expect((await jobs.job(id)).status).toBe('completed');
    expect((await store.outbound()).filter((key) => key.startsWith('sixteen/'))).toEqual([
      'sixteen/steady.mp4',
    ]);
    expect(Math.abs(Number((await jobs.fetched('sixteen/steady.mp4')).format.duration) - 6)).toBeLessThan(
      0.1,
    );
  });
});
