import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiClient, type CallOptions } from '../support/api-client.ts';
import { Processes } from '../support/processes.ts';
import { SseReader } from '../support/sse.ts';
import { COMMAND_ROWS, TRICK_ROWS, WAITING_ROWS } from './bad-input/command-rows.ts';
import { FILM_ROWS } from './bad-input/film-rows.ts';
import { FRAMES, makeFilms, type FilmName } from './bad-input/films.ts';
import { OTHER_ROWS, UPLOAD_ROWS } from './bad-input/other-rows.ts';
import { BODY_ROWS, FIELD_ROWS } from './bad-input/request-rows.ts';
import type { JobRow, RequestRow } from './bad-input/rows.ts';
import { SCRIPT_ROWS } from './bad-input/script-rows.ts';

const X264 = 'ffmpeg -i - -c:v libx264 -preset ultrafast';
/** A name may hold anything that can be printed: it is never a path and never meets a shell. */
const ODD_NAME = '../../etc/$(touch x);`id`|"\'.mkv';
const JOB_ROWS = [...FILM_ROWS, ...SCRIPT_ROWS, ...COMMAND_ROWS];
/** Far more than an agent needs, far less than what the scripts print. */
const MAX_RSS_KB = 700 * 1024;
const SLOW = { timeout: 280_000 };

let grid: Processes;
let api: ApiClient;
const uploads = new Map<FilmName, string>();
/** Ids of the jobs, by row; all run at once. */
const jobs = new Map<string, string>();
let good: string;
let agentsBefore: string;

beforeAll(async () => {
  grid = await Processes.start({ agents: 2, slots: 2 });
  api = new ApiClient(grid.api.url);
  for (const [name, bytes] of Object.entries(makeFilms()) as [FilmName, Buffer<ArrayBuffer>][]) {
    uploads.set(name, await api.upload(bytes, `${name}.mkv`));
  }
  agentsBefore = await agentsNow();
  for (const row of WAITING_ROWS) jobs.set(row.name, await submit({ encode: row.encode }));
  for (const row of FILM_ROWS) jobs.set(row.name, await submit(bodyOf(row)));
  good = await submit({ name: ODD_NAME });
  for (const row of [...SCRIPT_ROWS, ...COMMAND_ROWS]) jobs.set(row.name, await submit(bodyOf(row)));
}, 200_000);
afterAll(() => grid.close());

async function submit(change: object): Promise<string> {
  const body = { upload_id: uploads.get('good'), encode: X264, clips: { mode: 'whole' }, ...change };
  return (await api.ok('SubmittedJob', 'POST /jobs', { body })).job_id;
}

function bodyOf(row: JobRow): object {
  return {
    upload_id: uploads.get(row.film ?? 'good'),
    ...(row.script === undefined ? {} : { script: row.script }),
    ...(row.encode === undefined ? {} : { encode: row.encode }),
    ...(row.audio === undefined ? {} : { audio: row.audio }),
    ...(row.timeoutS === undefined ? {} : { timeout_seconds: row.timeoutS }),
  };
}

/** Who is there, since when: a process that was started again shows. */
async function agentsNow(): Promise<string> {
  const { agents } = await api.ok('AgentList', 'GET /agents');
  return JSON.stringify(agents.map(({ agent_id: id, state, connected_at: at }) => [id, state, at]));
}

async function ended(id: string) {
  const reader = await SseReader.open(`${grid.api.url}/jobs/${id}/events`);
  await reader.until((message) => message.event === 'end');
  reader.close();
  return api.ok('JobDetail', `GET /jobs/${id}`);
}

function filled(text: string): string {
  return text.replaceAll('@upload', uploads.get('good') ?? '').replaceAll('@job', good);
}

function optionsOf(row: RequestRow): CallOptions {
  const headers = row.headers ?? {};
  if (row.raw === undefined) {
    if (row.body === undefined) return { headers };
    return { headers, body: JSON.parse(filled(JSON.stringify(row.body))) as unknown };
  }
  const raw = typeof row.raw === 'string' ? filled(row.raw) : row.raw;
  const typed = { 'content-type': 'application/json', ...headers };
  if (!row.streamed) return { headers: typed, raw };
  const stream = Readable.toWeb(Readable.from([Buffer.from(raw)])) as ReadableStream;
  return { headers: typed, raw: stream, duplex: 'half' };
}

const REQUEST_ROWS = [...BODY_ROWS, ...FIELD_ROWS, ...OTHER_ROWS, ...TRICK_ROWS];

describe('a request is refused at once, by field and value', () => {
  test.each(REQUEST_ROWS)('$name', async (row) => {
    const refused = await api.refused(filled(row.request ?? 'POST /jobs'), optionsOf(row));
    expect({ status: refused.status, code: refused.code }).toEqual({ status: row.status, code: row.code });
    expect(refused.detail).toMatch(row.says);
    const [named] = refused.errors ?? [];
    expect(named?.field).toBe(row.field);
    if (row.value instanceof RegExp) expect(named?.value).toMatch(row.value);
    else if (row.value !== undefined) expect(named?.value).toEqual(row.value);
  });
});

describe('an upload', () => {
  test.each(UPLOAD_ROWS)('$name', async ({ announced, bytes, put, putSays, says }) => {
    const size = announced === undefined ? {} : { size_bytes: announced };
    const created = await api.ok('CreatedUpload', 'POST /uploads', { body: { name: 'film.mkv', ...size } });
    if (bytes >= 0) {
      const answer = await fetch(created.url, { method: 'PUT', body: new Uint8Array(bytes) });
      expect(answer.status).toBe(put);
      expect(await answer.text()).toContain(putSays ?? '');
    }
    const refused = await api.refused(`POST /uploads/${created.upload_id}/complete`);
    expect(refused).toMatchObject({ status: 409, code: 'failed_precondition' });
    expect(refused.detail).toContain(says);
  });
});

test.each(WAITING_ROWS)('$name: the submission says so at once, and its job waits', async (row) => {
  const body = { upload_id: uploads.get('good'), encode: row.encode };
  const { job_id: id, waiting } = await api.ok('SubmittedJob', 'POST /jobs', { body });
  expect(waiting).toBe(row.waiting);
  await api.ok('Job', `POST /jobs/${id}/cancel`);
  const submitted = jobs.get(row.name) ?? '';
  await api.ok('Job', `POST /jobs/${submitted}/cancel`);
});

describe('a job fails with its reason', SLOW, () => {
  test.each(JOB_ROWS)('$stage: $name', async (row) => {
    const job = await ended(jobs.get(row.name) ?? '');
    expect(job.state).toBe('failed');
    const { failure } = job;
    expect({ code: failure?.code, stage: failure?.stage }).toEqual({ code: row.code, stage: row.stage });
    expect(failure?.message).toMatch(row.says);
    expect(failure?.log).toContain(row.log ?? '');
    expect(`${failure?.message}${failure?.log}`).not.toContain(grid.folder);
    const task = job.tasks.find((one) => one.kind === row.stage && one.state === 'failed');
    if (row.attempts === 'one') expect(task?.attempts).toBe(1);
    else expect(task?.attempts).toBeLessThanOrEqual(4);
  });
});

describe('nothing else is disturbed', SLOW, () => {
  test('the good job beside them succeeded, under its odd name', async () => {
    const job = await ended(good);
    expect(job).toMatchObject({ state: 'succeeded', name: ODD_NAME, frames_total: FRAMES });
  });

  test('no process ended, none lost its connection, none kept what the scripts printed', async () => {
    expect(await agentsNow()).toBe(agentsBefore);
    const programs = [grid.coordinator.program, ...grid.agents];
    for (const { pid, name } of programs) {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      expect(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]), name).toBeLessThan(MAX_RSS_KB);
    }
    expect((await api.ok('Health', 'GET /health')).status).toBe('ok');
  });

  test('the next good job succeeds', async () => {
    expect((await ended(await submit({}))).state).toBe('succeeded');
  });
});
