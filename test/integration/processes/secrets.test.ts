import { createPrivateKey, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../../support/command-line.ts';
import { plainFilm } from '../../support/films.ts';
import { Processes } from '../../support/processes.ts';
import { startS3, type TestS3 } from '../../support/s3.ts';

const random = (): string => randomBytes(24).toString('base64url');
const ADMIN = random();
const JOIN = random();
const FINALRIP = random();
const ENCODE = 'ffmpeg -i - -c:v libx264 -preset ultrafast CLIPGRID_OUTPUT.mkv';

let s3: TestS3;
let grid: Processes;
beforeAll(async () => {
  s3 = await startS3();
  const coordinatorEnv = {
    CLIPGRID_LOG: 'trace',
    CLIPGRID_AUTH: 'token',
    CLIPGRID_ADMIN_TOKEN: ADMIN,
    CLIPGRID_JOIN_TOKEN: JOIN,
    CLIPGRID_FINALRIP_TOKEN: FINALRIP,
  };
  const agentEnv = { CLIPGRID_LOG: 'trace', CLIPGRID_JOIN_TOKEN: JOIN };
  grid = await Processes.start({ agents: 1, s3, coordinatorEnv, agentEnv });
});
afterAll(async () => {
  await grid?.close();
  await s3?.stop();
});

const url = (path: string): string => `${grid.coordinator.api.url}${path}`;
const headers = { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' };

async function call<T>(path: string, body?: unknown): Promise<T> {
  const request = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const answer = await fetch(url(path), { headers, redirect: 'manual', ...request });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
  return JSON.parse(text) as T;
}

/** Uploads a film and submits a job; resolves to its end and the signature of its upload URL. */
async function job(film: string, encode: string): Promise<{ state: string; signature: string }> {
  const bytes = await readFile(film);
  const upload = await call<{ upload_id: string; url: string; headers: Record<string, string> }>('/uploads', {
    name: 'film.mkv',
    size_bytes: bytes.length,
  });
  await fetch(upload.url, { method: 'PUT', headers: upload.headers, body: new Uint8Array(bytes) });
  await call(`/uploads/${upload.upload_id}/complete`, {});
  const { job_id: id } = await call<{ job_id: string }>('/jobs', { upload_id: upload.upload_id, encode });
  const events = await fetch(url(`/jobs/${id}/events`), { headers });
  await events.text();
  const { state } = await call<{ state: string }>(`/jobs/${id}`);
  return { state, signature: new URL(upload.url).searchParams.get('X-Amz-Signature') ?? '' };
}

test(
  'no secret is ever in a log, at the finest level, through joining, uploads, work, failures and refusals',
  { timeout: 200_000 },
  async () => {
    const film = plainFilm(grid.folder, 2);
    const good = await job(film, ENCODE);
    expect(good.state).toBe('succeeded');
    // A failure and refused tokens: their words, too.
    const bad = await job(film, 'ffmpeg -i - -c:v libx264 -preset nonsense CLIPGRID_OUTPUT.mkv');
    expect(bad.state).toBe('failed');
    const wrong = random();
    await fetch(url('/jobs'), { headers: { authorization: `Bearer ${wrong}` } });
    await fetch(url(`/jobs?token=${wrong}`), { headers });
    const created = await call<{ join_token: string }>('/join-tokens', {});
    const [agent] = grid.agents;
    await agent!.stop();
    const second = grid.addAgent({ env: { CLIPGRID_JOIN_TOKEN: wrong } });
    await expect(second).rejects.toThrow('the join token is not one of this grid');
    await grid.coordinator.program.stop();

    const pem = await readFile(join(grid.folder, agent!.name, 'agent-key.pem'), 'utf8');
    const { d: key = '' } = createPrivateKey(pem).export({ format: 'jwk' });
    const secrets = {
      'the admin token': ADMIN,
      'the join token': JOIN,
      'a join token that was made': created.join_token,
      'the FinalRip token': FINALRIP,
      'a refused token': wrong,
      "the agent's key": key,
      "the agent's key file": pem.split('\n')[1]!,
      "the database's password": decodeURIComponent(new URL(grid.database.url).password),
      "the object store's secret": s3.secretKey,
      'the signature of an upload': good.signature,
      'any signature': 'X-Amz-Signature',
    };
    const programs = [...grid.agents, ...grid.coordinators.map((one) => one.program)];
    const written = programs.flatMap(({ name, lines }) =>
      lines.map((line) => `${name}: ${JSON.stringify(line)}`),
    );
    expect(written.length).toBeGreaterThan(20);
    for (const [what, secret] of Object.entries(secrets)) {
      expect(secret.length, what).toBeGreaterThan(5);
      expect(
        written.filter((line) => line.includes(secret)),
        what,
      ).toEqual([]);
    }
  },
);

test('a setting that is wrong is refused without its password', async () => {
  const ran = await runCli(['coordinator'], { DATABASE_URL: 'mysql://grid:the-password@db.lab/grid' });
  expect(ran.stderr).toContain('mysql://***@db.lab/grid');
  expect(ran.stdout + ran.stderr).not.toContain('the-password');
});
