import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { UrlClaims } from '../../../coordinator/objects/signed-token.ts';
import type { LeaseGrant } from '../../../shared/gen/clipgrid/v1/lease.ts';
import type { UploadTarget } from '../../../shared/gen/clipgrid/v1/artifact.ts';
import { ADMIN_TOKEN, startTestCoordinator, type TestCoordinator } from '../../support/coordinator.ts';
import { ApiClient } from '../../support/api-client.ts';
import { FakeAgent } from '../../support/fake-agent.ts';
import { uploadWork } from '../../support/fake-work.ts';

const EXPIRY_S = 100;

let coordinator: TestCoordinator;
let startedS: number;
/** What an agent got to see, from the first grant to the last. */
const grants: LeaseGrant[] = [];
const targets: UploadTarget[] = [];

beforeAll(async () => {
  startedS = Date.now() / 1000;
  coordinator = await startTestCoordinator({ times: { urlExpiryS: EXPIRY_S } });
  const api = new ApiClient(coordinator.url);
  const agent = await FakeAgent.connect(coordinator.grpcPort);
  const body = { upload_id: await api.upload(randomBytes(100)), encode: 'ffmpeg -i - -c:v libx264' };
  await api.ok('SubmittedJob', 'POST /jobs', { body });
  for (let kind; kind !== 'merge';) {
    const grant = await agent.next('grant');
    const { target, complete } = await uploadWork(agent, grant);
    agent.send({ $case: 'complete', value: complete });
    await agent.next('commitResult');
    kind = grant.spec?.kind?.$case;
    grants.push(grant);
    targets.push(target);
  }
  agent.close();
});
afterAll(() => coordinator.close());

function claimsOf(url: string): UrlClaims {
  const token = url.slice(url.lastIndexOf('/') + 1);
  return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as UrlClaims;
}

/** Every text in a message, by its path. */
function texts(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => texts(child, `${path}.${key}`));
}

const urls = (): string[] =>
  grants.flatMap((grant) => texts(grant)).flatMap(([path, text]) => (path.endsWith('.url') ? [text] : []));

test('all kinds of tasks were granted', () => {
  const kinds = new Set(grants.map((grant) => grant.spec?.kind?.$case));
  expect(kinds).toEqual(new Set(['index', 'encode', 'merge']));
});

test('each URL in a grant reads one object, and expires', () => {
  expect(urls().length).toBeGreaterThanOrEqual(grants.length);
  for (const url of urls()) {
    const { method, bucket, key, expiresAtS, ...more } = claimsOf(url);
    expect({ method, bucket, more }).toEqual({ method: 'GET', bucket: 'clipgrid', more: {} });
    expect(key).toMatch(
      /^(sources\/[0-9a-f-]{36}|artifacts\/[0-9a-f-]{36}\/[0-9a-f-]{36}-\d+\/[0-9a-f]{64})$/,
    );
    expect(expiresAtS).toBeGreaterThan(startedS);
    expect(expiresAtS).toBeLessThanOrEqual(Date.now() / 1000 + EXPIRY_S + 1);
  }
});

test('each URL for an upload creates one object: of that lease, of those bytes, and expires', () => {
  for (const [i, { url }] of targets.entries()) {
    const claims = claimsOf(url);
    const fence = grants[i]?.fence;
    expect(claims).toMatchObject({ method: 'PUT', bucket: 'clipgrid', createOnly: true });
    expect(claims.key).toBe(`incoming/${fence?.taskId}/${fence?.epoch}-${fence?.leaseId}/${claims.sha256}`);
    expect(claims.sizeBytes).toBeGreaterThan(0);
    expect(claims.expiresAtS).toBeLessThanOrEqual(Date.now() / 1000 + EXPIRY_S + 1);
  }
});

test('nothing else that opens anything travels in a grant', () => {
  for (const [path, text] of grants.flatMap((grant) => texts(grant))) {
    if (path.endsWith('.url')) continue;
    expect(text, path).not.toMatch(/:\/\//);
    for (const secret of [ADMIN_TOKEN, coordinator.folder, new URL(coordinator.databaseUrl).password]) {
      if (secret !== '') expect(text, path).not.toContain(secret);
    }
  }
});

test('a URL of a grant does not write, one of an upload does not read, and no one lists', async () => {
  const [get = ''] = urls();
  expect((await fetch(get)).status).toBe(200);
  expect((await fetch(get, { method: 'PUT', body: 'x' })).status).toBe(403);
  expect((await fetch(targets[0]?.url ?? '')).status).toBe(403);
  for (const path of ['/objects', '/objects/', '/objects/clipgrid', '/objects/clipgrid/sources']) {
    expect((await fetch(`${coordinator.host}${path}`)).status).toBeGreaterThanOrEqual(403);
  }
});
