import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { checkNode } from '../../cli/doctor/tools.ts';
import type { Finding } from '../../cli/doctor/finding.ts';
import { EXIT_CODES } from '../../shared/exit-codes.ts';
import { runCli } from '../support/command-line.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { startS3 } from '../support/s3.ts';

// Real processes on a machine that may be busy.
vi.setConfig({ testTimeout: 150_000, hookTimeout: 150_000 });

let database: TestDatabase;
let folder: string;
let squatter: Server;
beforeAll(async () => {
  database = await createTestDatabase({ empty: true });
  folder = await mkdtemp(join(tmpdir(), 'clipgrid-doctor-test-'));
  squatter = createServer();
  await new Promise<void>((done) => squatter.listen(0, '127.0.0.1', done));
});
afterAll(async () => {
  squatter.close();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

interface Diagnosis {
  readonly code: number | null;
  readonly findings: readonly Finding[];
}

async function doctor(only: string, env: Record<string, string> = {}, ...more: string[]): Promise<Diagnosis> {
  const ran = await runCli(['doctor', '--only', only, '--json', ...more], env);
  const { ok, findings } = JSON.parse(ran.stdout) as { ok: boolean; findings: Finding[] };
  expect(ok).toBe(ran.code === 0);
  for (const finding of findings) expect(finding.fix === undefined).toBe(finding.verdict === 'ok');
  return { code: ran.code, findings };
}

const FAILED = EXIT_CODES.failed.code;

describe('database', () => {
  test('a good one: its version is told, its password is not', async () => {
    const { code, findings } = await doctor('database', { DATABASE_URL: database.url });
    expect(code).toBe(0);
    expect(findings).toEqual([
      { name: 'database', verdict: 'ok', detail: expect.stringMatching(/ is PostgreSQL \d\d/) as string },
    ]);
    expect(JSON.stringify(findings)).not.toContain(new URL(database.url).password);
  });

  const changed = (change: (url: URL) => void): string => {
    const url = new URL(database.url);
    change(url);
    return url.href;
  };

  test.each<readonly [string, () => string, RegExp, RegExp]>([
    [
      'that is missing',
      () => changed((url) => (url.pathname = '/no_such')),
      /"no_such" does not exist/,
      /createdb .* no_such/,
    ],
    ['with a wrong password', () => changed((url) => (url.password = 'x')), /28P01/, /user or password/],
    [
      'where nothing listens',
      () => changed((url) => (url.port = '1')),
      /ECONNREFUSED/,
      /start PostgreSQL on 127\.0\.0\.1:1/,
    ],
    ['that is no URL', () => 'localhost/grid', /not a URL/, /postgres:\/\/user:password@host/],
  ])('one %s: what is wrong and what to do', async (_, url, detail, fix) => {
    const { code, findings } = await doctor('database', { DATABASE_URL: url() });
    expect(code).toBe(FAILED);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ verdict: 'fail' });
    expect(findings[0]?.detail).toMatch(detail);
    expect(findings[0]?.fix).toMatch(fix);
  });

  test('none given: the one that clipgrid up brings is here', async () => {
    const { findings } = await doctor('database');
    expect(findings[0]).toMatchObject({ verdict: 'ok' });
    expect(findings[0]?.detail).toMatch(/clipgrid up` brings PostgreSQL \d/);
  });
});

test('a port in use: by whom, and what to do', async () => {
  const port = String((squatter.address() as AddressInfo).port);
  const free = ['--grpc-port', '1', '--finalrip-port', '0'];
  const { code, findings } = await doctor('ports', {}, '--port', port, ...free);
  expect(code).toBe(FAILED);
  expect(findings[0]).toMatchObject({ name: `port ${port} (REST)`, verdict: 'fail' });
  expect(findings[0]?.detail).toContain(`in use by process ${process.pid}`);
  expect(findings[0]?.fix).toContain('--port N');
  expect(findings).toHaveLength(2);
});

describe('object store', () => {
  test('a folder is tried and left as it was', async () => {
    const { code, findings } = await doctor('store', { CLIPGRID_DATA: join(folder, 'not/yet/there') });
    expect(code).toBe(0);
    expect(findings[0]?.detail).toMatch(/not\/yet\/there: written, read and deleted; .* free/);
    expect(await readdir(folder)).toEqual([]);
  });

  test('a folder that cannot be', async () => {
    const { code, findings } = await doctor('store', { CLIPGRID_DATA: '/proc/clipgrid' });
    expect(code).toBe(FAILED);
    expect(findings[0]?.fix).toContain('CLIPGRID_DATA');
  });

  test('a real S3, and the same one with a wrong key', async () => {
    const s3 = await startS3();
    const env = {
      CLIPGRID_S3_ENDPOINT: s3.url,
      CLIPGRID_S3_REGION: s3.region,
      CLIPGRID_S3_ACCESS_KEY: s3.accessKey,
      CLIPGRID_S3_SECRET_KEY: s3.secretKey,
    };
    try {
      const good = await doctor('store', env);
      expect(good.findings[0]?.detail).toBe(`${s3.url}, bucket clipgrid: written, read and deleted`);
      const bad = await doctor('store', { ...env, CLIPGRID_S3_SECRET_KEY: 'wrong' });
      expect(bad.code).toBe(FAILED);
      expect(bad.findings[0]?.fix).toContain('CLIPGRID_S3_SECRET_KEY');
    } finally {
      await s3.stop();
    }
  });
});

describe('coordinator', () => {
  test('none: a hint, unless one was asked for', async () => {
    const asked = await doctor('coordinator', {}, '--url', 'http://127.0.0.1:9');
    expect(asked.code).toBe(FAILED);
    expect(asked.findings[0]?.detail).toContain('nobody answers at http://127.0.0.1:9');
  });
});

describe('tools', () => {
  test('what is here, found by running it', async () => {
    const { code, findings } = await doctor('tools');
    expect(code).toBe(0);
    const of = (name: string): Finding | undefined => findings.find((one) => one.name === name);
    expect(of('ffmpeg')?.detail).toMatch(/^\d+\.\d+.* \(\//);
    for (const name of ['Node', 'ffprobe', 'sandbox']) expect(of(name)).toBeDefined();
  });

  test('without ffmpeg it fails and says how to get it', async () => {
    const { code, findings } = await doctor('tools', { PATH: folder });
    expect(code).toBe(FAILED);
    expect(findings.at(-1)).toMatchObject({ name: 'ffmpeg, ffprobe', verdict: 'fail' });
    expect(findings.at(-1)?.fix).toContain('apt-get install ffmpeg');
  });

  test('an old Node', () => {
    expect(checkNode('v22.1.0')).toMatchObject({ verdict: 'fail' });
    expect(checkNode('v24.0.0')).toMatchObject({ verdict: 'ok' });
  });
});

test('for people: a line each, below it what to do, and a sum at the end', async () => {
  const { stdout } = await runCli(['doctor', '--only', 'database'], { DATABASE_URL: 'x' });
  expect(stdout).toMatch(/^FAIL {2}database .*\n {6}-> give postgres:.*\n1 needed thing is missing\n$/);
});
