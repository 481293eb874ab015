import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../../sim/random.ts';
import type { HostileAnswer, HostileRequest } from '../../support/hostile/http-send.ts';
import { rawRequests, sendRaw } from '../../support/hostile/http-send.ts';
import { RouteCorpus, type KnownApi } from '../../support/hostile/route-corpus.ts';
import { sendAll } from '../../support/hostile/send-all.ts';
import { faults } from '../../support/hostile/two-owners.ts';
import { apiClient, forgeToken } from '../../support/openencoder-grid.ts';
import { freePorts } from '../../support/ports.ts';
import { Processes } from '../../support/processes.ts';

const SEED = 5;
const REQUESTS = 2_500;
const JWT_KEY = 'the key of tokens that nobody may see';
const STORE_SECRET = 'the store secret that nobody may see';
const ANIME_TOKEN = 'the ladder token that nobody may see';
const OUTSIDE = 'what lies outside of the source folder';

let folder: string;
let grid: Processes;
let animePort: number;
let openencoderPort: number;
let tokens: Record<'guest' | 'operator' | 'admin', string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clipgrid-hostile-'));
  const sources = join(folder, 'sources');
  await mkdir(sources);
  await writeFile(join(folder, 'outside.mp4'), OUTSIDE);
  await symlink(join(folder, 'outside.mp4'), join(sources, 'link.mp4'));
  await writeFile(join(sources, 'own.mp4'), 'no film');
  [animePort, openencoderPort] = (await freePorts(2)) as [number, number];
  grid = await Processes.start({
    agents: 0,
    coordinatorEnv: {
      AUTHORIZED_TOKENS: JSON.stringify([ANIME_TOKEN]),
      ANIME_SRC_ROOT_DIR: sources,
      CLIPGRID_ANIME_PORT: String(animePort),
      CLIPGRID_OPENENCODER_PORT: String(openencoderPort),
      CLIPGRID_OPENENCODER_JWT_KEY: JWT_KEY,
      CLIPGRID_OPENENCODER_ADMIN_PASSWORD: 'first',
      // Whoever may start machines may: here they would be processes of this machine.
      CLIPGRID_OPENENCODER_LOCAL: 'off',
      CLIPGRID_SECRET_KEYS: 'k'.repeat(40),
    },
  });
  tokens = await signIn();
});
afterAll(async () => {
  await grid?.close();
  await rm(folder, { recursive: true, force: true });
});

/** A user of each role, with an hour to attack in, and a secret that an administrator set. */
async function signIn() {
  const call = apiClient(`http://127.0.0.1:${openencoderPort}`);
  const nowS = Math.floor(Date.now() / 1000);
  const token = (id: string, role: string): string =>
    forgeToken({ id, role, exp: nowS + 3000, orig_iat: nowS }, { key: JWT_KEY });
  await call('POST', '/api/register', { body: { username: 'guest1', password: 'pw' } });
  await call('POST', '/api/register', { body: { username: 'operator1', password: 'pw' } });
  const body = { username: 'admin', current_password: 'first', new_password: 'second' };
  await call('POST', '/api/update-password', { body });
  const login = await call('POST', '/api/login', { body: { username: 'admin', password: 'second' } });
  const admin = (login.json as { token: string }).token;
  await call('PUT', '/api/users/3', { token: admin, body: { role: 'operator', active: true } });
  const saved = await call('PUT', '/api/settings', { token: admin, body: { S3_SECRET_KEY: STORE_SECRET } });
  expect([saved.status, saved.text]).toEqual([200, '{"settings":"updated"}']);
  return { guest: token('guest1', 'guest'), operator: token('operator1', 'operator'), admin };
}

function problemOf(request: HostileRequest, { status, text, headers }: HostileAnswer): string | undefined {
  const shown = `${request.what}: ${request.method} ${request.path.slice(0, 300)} ${request.body?.toString('latin1').slice(0, 300) ?? ''} -> ${status} ${text.slice(0, 300)}`;
  // No store is configured: that is the contract's answer to a listing.
  const isNoStore = status === 502 && request.what.endsWith('/api/storage/list');
  if (status >= 500 && status !== 501 && !isNoStore) return shown;
  const told = `${text}\n${JSON.stringify(headers)}`;
  const secret = [JWT_KEY, STORE_SECRET, ANIME_TOKEN, OUTSIDE, 'root:x:0'].find((one) => told.includes(one));
  return secret === undefined ? undefined : `it was told ${secret}: ${shown}`;
}

async function attack(port: number, api: KnownApi) {
  const corpus = new RouteCorpus(new Random(SEED), api);
  function* requests(): Generator<HostileRequest> {
    for (let i = 0; i < REQUESTS; i++) yield corpus.request();
  }
  const { problems, statuses, sent } = await sendAll(port, requests(), problemOf);
  expect(problems).toEqual([]);
  expect(sent).toBe(REQUESTS);
  for (const path of ['/api/jobs', '/anime/create', '/x/y/playlist.m3u8']) {
    const answers = await Promise.all(rawRequests(path, ANIME_TOKEN).map((bytes) => sendRaw(port, bytes)));
    for (const answer of answers) expect(answer).not.toMatch(/^HTTP\/1\.1 5(?!03)/);
  }
  expect(faults(grid.coordinator.program.lines)).toEqual([]);
  expect(grid.coordinator.program.running).toBe(true);
  return statuses;
}

const words = (text: string): string[] => text.trim().split(/\s+/);
const routes = (text: string): string[] => text.trim().split(/\s*\n\s*/);

test('2,500 requests of Open Encoder’s dialect: 0 of 5xx, 0 exits, 0 secrets told', async () => {
  const { guest, operator, admin } = tokens;
  const statuses = await attack(openencoderPort, {
    routes: routes(`
      GET /api/
      GET /api/health
      POST /api/register
      POST /api/login
      POST /api/update-password
      GET /api/refresh-token
      GET /api/me
      PUT /api/me
      POST /api/jobs
      GET /api/jobs
      GET /api/jobs/{}
      PUT /api/jobs/{}
      GET /api/jobs/{}/status
      POST /api/jobs/{}/cancel
      POST /api/jobs/{}/restart
      GET /api/stats
      GET /api/worker/queue
      GET /api/worker/pools
      GET /api/worker/busy
      GET /api/presets
      POST /api/presets
      GET /api/presets/{}
      PUT /api/presets/{}
      GET /api/users
      GET /api/settings
      GET /api/storage/list
      GET /api/machines
      POST /api/machines
      DELETE /api/machines/{}
      GET /api/machines/regions
      GET /api/machines/sizes
      GET /api/machines/pricing
      GET /dashboard/{}
      GET /api/{}
    `),
    fields:
      words(`preset source dest status page count name description data output active role username password
      current_password new_password verify_password provider region size prefix token`),
    bodies: {
      'POST /api/jobs': { preset: 'h264_baseline_360p_600', source: 'src/t.mp4', dest: 'dst/t/' },
      'POST /api/presets': {
        name: 'p',
        description: 'd',
        output: 'o.mp4',
        data: '{"raw":["-c copy"]}',
        active: true,
      },
      'PUT /api/presets/{}': {
        name: 'q',
        description: 'd',
        output: 'o.mp4',
        data: '{"raw":["-c copy"]}',
        active: true,
      },
      'PUT /api/jobs/{}': { status: 'cancelled' },
      'POST /api/machines': { provider: 'digitalocean', region: 'nyc1', size: 's-1vcpu-1gb', count: 1 },
    },
    ids: ['1', '2', '3', '999', 'abc', '2147483648'],
    values: [
      'h264_baseline_360p_600',
      's3:///src/t.mp4',
      'dst/t/',
      '{"raw":["-c copy","-y"]}',
      '{"raw":["-i /etc/passwd"]}',
      'o.mp4',
      'guest1',
      'pw',
      'cancelled',
      'restarting',
      'operator',
      'digitalocean',
    ],
    headers: [guest, operator, operator, operator, admin, 'junk'].map((token) => ({
      authorization: `Bearer ${token}`,
    })),
  });
  for (const status of [200, 201, 400, 401, 404, 405, 502]) expect([...statuses.keys()]).toContain(status);
});

test('2,500 requests of the HLS ladder’s dialect: 0 of 5xx, 0 exits, nothing from outside its folder', async () => {
  const statuses = await attack(animePort, {
    routes: routes(`
      GET /
      POST /anime/create
      POST /anime/create
      GET /anime/status/{}
      POST /anime/cancel/{}
      GET /anime/list
      GET /{}/playlist.m3u8
      GET /{}/{}
      HEAD /{}/output0000_h264_1080p_uspp.ts
    `),
    fields:
      words(`src_path dst_path anime_id episode_count ladder upscale callback_url thumbnails limit before
      src_url src_path dst_path`),
    bodies: { 'POST /anime/create': { src_path: 'own.mp4', dst_path: 'x/y', ladder: ['144p'] } },
    ids: ['01900000-0000-4000-8000-000000000000', 'abc', 'x', 'own.mp4', 'link.mp4', 'anime'],
    values: [
      'own.mp4',
      'link.mp4',
      '../outside.mp4',
      '/etc/passwd',
      'x/y',
      'anime/status',
      ['144p'],
      ['144p_uspp', '9999999999p'],
      'lanczos',
      'never',
      'http://169.254.169.254/latest/',
      'file:///etc/passwd',
    ],
    headers: [{ authorization: ANIME_TOKEN }, { authorization: ANIME_TOKEN }, { authorization: 'junk' }, {}],
  });
  for (const status of [200, 400, 403, 404, 405, 406]) expect([...statuses.keys()]).toContain(status);
});
