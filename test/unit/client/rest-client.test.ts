import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import type { JobDocument } from '../../../client/documents.ts';
import { createRestClient, type RestClient } from '../../../client/rest-client.ts';
import { uploadFilm } from '../../../client/upload-film.ts';
import { watchJob } from '../../../client/watch-job.ts';
import type { Clock } from '../../../shared/clock.ts';
import { systemClock } from '../../../shared/clock.ts';
import { systemIds } from '../../../shared/ids.ts';

/** Pauses between tries take no time here. */
const clock: Clock = { ...systemClock, sleep: () => Promise.resolve() };
const ids = systemIds(() => Date.now());
const signal = new AbortController().signal;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** A coordinator that behaves as told. */
async function serve(listener: RequestListener): Promise<RestClient> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return createRestClient({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: 'secret',
  });
}

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'no error',
    (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
  );
}

test('an error has the code and the words of the problem document', async () => {
  const problem = { code: 'failed_precondition', detail: 'job x has ended', errors: [] };
  const client = await serve((_, res) => res.writeHead(409).end(JSON.stringify(problem)));
  expect(await codeOf(client.get('/jobs/x'))).toBe('failed_precondition: job x has ended');
});

test('an error without a document, as a proxy sends it, has the code of its status', async () => {
  const client = await serve((_, res) => res.writeHead(502).end('<h1>Bad Gateway</h1>'));
  expect(await codeOf(client.get('/jobs'))).toBe('unavailable: <h1>Bad Gateway</h1>');
});

test('another program at the address is not taken for a coordinator', async () => {
  const client = await serve((_, res) => res.end('<html>hello</html>'));
  expect(await codeOf(client.get('/jobs'))).toMatch(/^unavailable: what answers at .* is no coordinator/);
});

test('nobody at the address: the error says which, and what to do where that is known', async () => {
  const client = await serve(() => undefined);
  servers.splice(0)[0]?.close();
  expect(await codeOf(client.get('/jobs'))).toMatch(/^unavailable: no coordinator answers at .*\)$/);
  const told = createRestClient({ url: client.url, hint: 'start one' });
  expect(await codeOf(told.get('/jobs'))).toMatch(/: start one$/);
});

test('the token goes to the coordinator, and not to where it redirects', async () => {
  const seen: (string | undefined)[] = [];
  const client = await serve((req, res) => {
    seen.push(req.headers.authorization);
    res.writeHead(307, { location: '/elsewhere?signature=1' }).end();
  });
  expect(await client.redirect('/jobs/x/result')).toBe(`${client.url}/elsewhere?signature=1`);
  expect(seen).toEqual(['Bearer secret']);
});

function progress(event: string, state: string): string {
  return `event: ${event}\ndata: ${JSON.stringify({ job_id: 'x', state, tasks: [] })}\n\n`;
}

test('a watch goes on after a break, from the last event that it heard', async () => {
  const asked: (string | undefined)[] = [];
  const client = await serve((req, res) => {
    asked.push(req.headers['last-event-id'] as string | undefined);
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    if (asked.length === 1) {
      res.write(`id: 41\nevent: task.state\ndata: {}\n\n${progress('progress', 'encoding')}`, () =>
        res.destroy(),
      );
    } else if (asked.length === 2) res.end();
    else res.end(progress('end', 'succeeded'));
  });
  const states: string[] = [];
  const lost: string[] = [];
  const onUpdate = (job: JobDocument): void => void states.push(job.state);
  const job = await watchJob('x', { client, clock, ids, signal, onUpdate, onLost: (why) => lost.push(why) });
  expect(job.state).toBe('succeeded');
  expect(states).toEqual(['encoding', 'succeeded']);
  expect(asked).toEqual([undefined, '41', '41']);
  expect(lost).toHaveLength(2);
});

test('a watch of what is not there ends at once', async () => {
  const client = await serve((_, res) =>
    res.writeHead(404).end(JSON.stringify({ code: 'not_found', detail: 'no job' })),
  );
  expect(await codeOf(watchJob('x', { client, clock, ids, signal, onUpdate: () => undefined }))).toBe(
    'not_found: no job',
  );
});

test('an upload that breaks is sent again, and its bytes are right', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'clipgrid-upload-'));
  const film = join(folder, 'film.mkv');
  const bytes = Buffer.from(ids.secret(500_000));
  await writeFile(film, bytes);
  let puts = 0;
  let received: Buffer | undefined;
  const client = await serve(async (req, res) => {
    if (req.method !== 'PUT') {
      await buffer(req);
      return res.end(
        JSON.stringify({ upload_id: 'u', url: `http://${req.headers.host}/put`, headers: { 'x-a': 'b' } }),
      );
    }
    puts += 1;
    if (puts === 1) return req.once('data', () => req.destroy());
    expect(req.headers).toMatchObject({ 'content-length': String(bytes.length), 'x-a': 'b' });
    received = await buffer(req);
    return res.end();
  });
  const notes: string[] = [];
  const options = { client, file: film, clock, ids, signal, onBytes: () => undefined };
  expect(await uploadFilm({ ...options, onNote: (line) => notes.push(line) })).toBe('u');
  expect(puts).toBe(2);
  expect(received?.equals(bytes)).toBe(true);
  expect(notes.join()).toMatch(/the upload broke: .*; trying again/);
  await rm(folder, { recursive: true });
});

test('what the store refuses is not sent again', async () => {
  let puts = 0;
  const client = await serve(async (req, res) => {
    if (req.method !== 'PUT')
      return res.end(JSON.stringify({ upload_id: 'u', url: `http://${req.headers.host}/p`, headers: {} }));
    puts += 1;
    req.resume();
    return res.writeHead(507, { 'x-clipgrid-error': 'disk_full' }).end('the disk is full\n');
  });
  const options = { client, file: import.meta.filename, clock, ids, signal, onBytes: () => undefined };
  expect(await codeOf(uploadFilm(options))).toBe('disk_full: the disk is full');
  expect(puts).toBe(1);
});

test.each([
  ['/nowhere/film.mkv', 'not_found: there is no file /nowhere/film.mkv'],
  [tmpdir(), `invalid_argument: ${tmpdir()} is not a file`],
])('%s is refused before anything is sent', async (file, words) => {
  const client = await serve(() => expect.unreachable());
  expect(await codeOf(uploadFilm({ client, file, clock, ids, signal, onBytes: () => undefined }))).toBe(
    words,
  );
});
