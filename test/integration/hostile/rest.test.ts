import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../../sim/random.ts';
import { FinalripClient } from '../../support/finalrip-client.ts';
import { FinalripCorpus } from '../../support/hostile/finalrip-corpus.ts';
import {
  rawRequests,
  sendRaw,
  type HostileAnswer,
  type HostileRequest,
} from '../../support/hostile/http-send.ts';
import { RestCorpus, type OpenApi } from '../../support/hostile/rest-corpus.ts';
import { sendAll } from '../../support/hostile/send-all.ts';
import { BOB_TOKEN, faults, startTwoOwners, type TwoOwners } from '../../support/hostile/two-owners.ts';

const SEED = 4;
/** Of each operation of the OpenAPI document. */
const ROUNDS = 200;
const FINALRIP_REQUESTS = 2_400;

let owners: TwoOwners;
let bobsUpload: string;
let bobsJob: string;
beforeAll(async () => {
  owners = await startTwoOwners();
  const bob = owners.api.as(BOB_TOKEN);
  bobsUpload = await bob.upload(new Uint8Array(100), 'bob.mkv');
  const body = { upload_id: bobsUpload, encode: 'ffmpeg -i - -c:v libx264' };
  bobsJob = (await bob.ok('SubmittedJob', 'POST /jobs', { body })).job_id;
});
afterAll(() => owners?.close());

/** What no answer may be, whatever was asked. */
function problemOf(request: HostileRequest, { status, headers, text }: HostileAnswer): string | undefined {
  const shown = `${request.what}: ${request.method} ${request.path.slice(0, 300)} ${request.body?.toString('latin1').slice(0, 300) ?? ''} -> ${status} ${text.slice(0, 300)}`;
  if (status >= 500 && !(status === 503 && headers['retry-after'] !== undefined)) return shown;
  if (status === 503) return `nothing is away: ${shown}`;
  // What was asked for may be said back.
  const asked = `${decoded(request.path)}\n${request.body?.toString() ?? ''}`;
  const told = `${text}\n${JSON.stringify(headers)}`;
  const secret = owners.secrets.find((one) => told.includes(one) && !asked.includes(one));
  if (secret !== undefined) return `it was told ${secret}: ${shown}`;
  // More than an echo: a success about what is Alice's.
  const alices = [owners.jobId, owners.uploadId].some((id) => request.path.includes(id));
  return alices && status < 400 && request.method !== 'OPTIONS'
    ? `it was done to Alice: ${shown}`
    : undefined;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Alice's data stand as they stood, her agent's leases too, and the process had no fault. */
async function expectUnharmed(before: unknown[]): Promise<void> {
  expect(await owners.leases()).toEqual(before);
  expect(await owners.beat()).toEqual(owners.fences.map((fence) => fence.taskId).toSorted());
  const { uploads } = await owners.alice.ok('UploadList', 'GET /uploads');
  expect(uploads.map((one) => one.upload_id)).toEqual([owners.uploadId]);
  expect(faults(owners.grid.coordinator.program.lines)).toEqual([]);
  expect(owners.grid.coordinator.program.running).toBe(true);
}

test('4,000 requests made from the OpenAPI document: 0 of 5xx, 0 exits, 0 leaks', async () => {
  const document = (await owners.api.send('GET', '/openapi.json')).body as OpenApi;
  const ids = [bobsUpload, bobsJob, owners.uploadId, owners.jobId, 'honest'];
  const corpus = new RestCorpus(new Random(SEED), document, { token: BOB_TOKEN, ids });
  const before = await owners.leases();
  function* rounds(): Generator<HostileRequest> {
    for (let i = 0; i < ROUNDS; i++) yield* corpus.round();
  }
  const port = Number(new URL(owners.grid.api.url).port);
  const { problems, statuses, sent } = await sendAll(port, rounds(), problemOf);
  expect(problems).toEqual([]);
  expect(sent).toBeGreaterThanOrEqual(4_000);
  for (const status of [200, 201, 400, 401, 403, 404, 405, 413, 415])
    expect([...statuses.keys()]).toContain(status);
  await expectUnharmed(before);
});

test('2,400 requests of FinalRip’s dialect: 0 of 5xx, 0 exits, 0 leaks', async () => {
  const bob = new FinalripClient({ url: owners.grid.finalrip.url, token: BOB_TOKEN });
  await bob.pending('bob.mkv', 'LICENSE');
  const keys = ['bob.mkv', 'bob.mkv-Encoded.mkv', 'bob.mkv-clip-0.mkv', owners.videoKey, 'new.mkv'];
  const corpus = new FinalripCorpus(new Random(SEED), { token: BOB_TOKEN, keys });
  const before = await owners.leases();
  const alicesBefore = await owners.finalrip.progress(owners.videoKey);
  function* requests(): Generator<HostileRequest> {
    for (let i = 0; i < FINALRIP_REQUESTS; i++) yield corpus.request();
  }
  const { problems, statuses, sent } = await sendAll(Number(new URL(bob.url).port), requests(), problemOf);
  expect(problems).toEqual([]);
  expect(sent).toBe(FINALRIP_REQUESTS);
  for (const status of [200, 404]) expect([...statuses.keys()]).toContain(status);
  expect({ ...(await owners.finalrip.progress(owners.videoKey)), url: '' }).toEqual({
    ...alicesBefore,
    url: '',
  });
  await expectUnharmed(before);
});

test('what is hardly HTTP is refused or hung up on, on every port', async () => {
  const before = await owners.leases();
  const ports = [owners.grid.api.url, owners.grid.finalrip.url].map((url) => Number(new URL(url).port));
  for (const port of ports) {
    for (const path of ['/api/v1/jobs', '/api/v1/task/new', '/objects/x.y.z']) {
      const answers = await Promise.all(rawRequests(path, BOB_TOKEN).map((bytes) => sendRaw(port, bytes)));
      for (const answer of answers) expect(answer).not.toMatch(/^HTTP\/1\.1 5(?!03)/);
    }
  }
  await expectUnharmed(before);
});
