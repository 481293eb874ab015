import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { trustCa } from '../../../../shared/trust-ca.ts';
import { runCli } from '../../../support/command-line.ts';
import { until } from '../../../support/machines.ts';
import {
  ADMIN_PASSWORD,
  apiClient,
  FIRST_PASSWORD,
  startOpenencoderGrid,
  type OpenencoderGrid,
} from '../../../support/openencoder-grid.ts';

let certs: string;
let grid: OpenencoderGrid;
let call: ReturnType<typeof apiClient>;
let token: string;
const tls = (over: Readonly<Record<string, string>>) => ({
  CLIPGRID_TLS_CERT: join(certs, '127.0.0.1.pem'),
  CLIPGRID_TLS_KEY: join(certs, '127.0.0.1-key.pem'),
  ...over,
});
beforeAll(async () => {
  certs = await mkdtemp(join(tmpdir(), 'clipgrid-certs-'));
  expect(await runCli(['certs', '127.0.0.1', '--out', certs])).toMatchObject({ code: 0 });
  trustCa(await readFile(join(certs, 'ca.pem')));
});
afterAll(() => rm(certs, { recursive: true, force: true }));

async function open(environment: Readonly<Record<string, string>>): Promise<void> {
  grid = await startOpenencoderGrid({ environment });
  call = apiClient(grid.url.replace('http:', 'https:'));
  const passwords = { current_password: FIRST_PASSWORD, new_password: ADMIN_PASSWORD };
  await call('POST', '/api/update-password', { body: { username: 'admin', ...passwords } });
  const body = { username: 'admin', password: ADMIN_PASSWORD };
  const headers = { 'content-type': 'application/json' };
  token = ((await call('POST', '/api/login', { body, headers })).json as { token: string }).token;
}

test('machines join by TLS, and trust the CA that they are told', async () => {
  await open(tls({ CLIPGRID_OPENENCODER_AGENT_CA: join(certs, 'ca.pem') }));
  try {
    const { json } = await call('GET', '/api/machines/sizes', { token });
    const [size] = (json as { sizes: { slug: string }[] }).sizes;
    const body = { provider: 'local', size: size?.slug, count: 1 };
    expect((await call('POST', '/api/machines', { token, body })).status).toBe(200);
    await until('an active machine', async () => {
      const listed = await call('GET', '/api/machines', { token });
      return (listed.json as { machines: { status: string }[] }).machines[0]?.status === 'active';
    });
  } finally {
    await call('DELETE', '/api/machines', { token });
    await grid.close();
  }
});

test('where they are told none, none is started', async () => {
  await open(tls({}));
  try {
    const body = { provider: 'local', size: 'local-1c-1g', count: 1 };
    const answer = await call('POST', '/api/machines', { token, body });
    expect([answer.status, answer.json]).toEqual([401, { message: 'machines not configured', status: 401 }]);
  } finally {
    await grid.close();
  }
});
