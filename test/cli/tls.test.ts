import { X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { EXIT_CODES } from '../../shared/exit-codes.ts';
import { runCli } from '../support/command-line.ts';
import { plainFilm } from '../support/films.ts';
import { Processes, type CoordinatorProcess } from '../support/processes.ts';
import { Program } from '../support/program.ts';

// Real processes on a machine that may be busy.
vi.setConfig({ testTimeout: 150_000, hookTimeout: 150_000 });

let grid: Processes;
let coordinator: CoordinatorProcess;
let own: string;
let foreign: string;
let https: string;
beforeAll(async () => {
  grid = await Processes.start({ agents: 0, coordinators: 0 });
  [own, foreign] = [join(grid.folder, 'certs'), join(grid.folder, 'others')];
  for (const out of [own, foreign])
    expect(await runCli(['certs', '127.0.0.1', 'grid.lab', '::1', '--out', out])).toMatchObject({ code: 0 });
  expect(await runCli(['certs', 'render-7', '--out', own])).toMatchObject({ code: 0 });
  coordinator = await grid.addCoordinator({
    CLIPGRID_TLS_CERT: join(own, '127.0.0.1.pem'),
    CLIPGRID_TLS_KEY: join(own, '127.0.0.1-key.pem'),
  });
  https = coordinator.api.url.replace(/^http:/, 'https:').replace(/\/api\/v1$/, '');
});
afterAll(() => grid.close());

const ca = (folder: string): string => join(folder, 'ca.pem');

/** An agent that is not expected to get in: what it says of why not. */
async function reasonOf(args: readonly string[]): Promise<string> {
  const program = new Program({
    name: 'refused',
    args: [
      'agent/main.ts',
      '--coordinator',
      coordinator.rpc,
      '--data',
      join(grid.folder, 'refused'),
      ...args,
    ],
    ready: 'agent ready',
    env: { PATH: process.env['PATH'] ?? '' },
  });
  try {
    await program.start();
    const { reason } = await program.seen('not connected; trying again');
    return String(reason);
  } finally {
    await program.kill();
  }
}

test('certificates are for the names that were asked for, verify against the CA, and keys are private', async () => {
  const [root, leaf] = await Promise.all(
    ['ca.pem', '127.0.0.1.pem'].map(async (name) => new X509Certificate(await readFile(join(own, name)))),
  );
  expect(leaf!.checkIssued(root!)).toBe(true);
  expect(leaf!.verify(root!.publicKey)).toBe(true);
  expect(leaf!.ca).toBe(false);
  expect(root!.ca).toBe(true);
  expect(leaf!.checkHost('grid.lab')).toBe('grid.lab');
  expect(leaf!.checkHost('other.lab')).toBeUndefined();
  expect([leaf!.checkIP('127.0.0.1'), leaf!.checkIP('::1')]).toEqual(['127.0.0.1', '::1']);
  expect((await stat(join(own, 'ca-key.pem'))).mode & 0o777).toBe(0o600);
  const again = await runCli(['certs', '127.0.0.1', '--out', own]);
  expect(again.code).toBe(EXIT_CODES.refused.code);
  expect(again.stderr).toContain('has a certificate 127.0.0.1.pem already');
});

test('a film goes through a grid that speaks TLS only, from the command line to the result', async () => {
  const agent = await grid.addAgent({ env: { CLIPGRID_CA: ca(own) } });
  const film = plainFilm(grid.folder, 2);
  const output = join(grid.folder, 'result.mkv');
  const encode = 'ffmpeg -i - -c:v libx264 -preset ultrafast CLIPGRID_OUTPUT.mkv';
  const args = ['submit', film, '--encode', encode, '--output', output, '--url', https];
  const ran = await runCli(args, { CLIPGRID_CA: ca(own) });
  expect(ran, ran.stderr + agent.tail()).toMatchObject({ code: 0 });
  expect((await stat(output)).size).toBeGreaterThan(1_000);
  await agent.kill();
});

test('who trusts another CA is not connected, and is told what is wrong', async () => {
  expect(await reasonOf(['--ca', ca(foreign)])).toContain("give the grid's own ca.pem");
  expect(await reasonOf(['--ca', 'system'])).toContain("give the grid's own ca.pem");
  const ran = await runCli(['jobs', '--url', https], { CLIPGRID_CA: ca(foreign) });
  expect(ran.code).toBe(EXIT_CODES.unreachable.code);
  expect(ran.stderr).toMatch(/certificate/);
});

test('plain text at a port of TLS gets words', async () => {
  const answer = await fetch(`${coordinator.api.url}/health`);
  expect(answer.status).toBe(400);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(await answer.json()).toMatchObject({
    detail: expect.stringMatching(/speaks TLS only: use https/) as string,
  });
  const ran = await runCli(['jobs', '--url', https.replace('https', 'http')]);
  expect(ran.stderr).toContain('this port speaks TLS only: use https://');
  expect(await reasonOf([])).toContain('if the coordinator speaks TLS, give --ca with its CA');
});

test('a coordinator with a client CA lets in who has a certificate of it, and tells others what to give', async () => {
  await coordinator.program.stop();
  coordinator = await grid.addCoordinator({
    CLIPGRID_TLS_CERT: join(own, '127.0.0.1.pem'),
    CLIPGRID_TLS_KEY: join(own, '127.0.0.1-key.pem'),
    CLIPGRID_TLS_CLIENT_CA: ca(own),
  });
  const certificate = {
    CLIPGRID_CERT: join(own, 'render-7.pem'),
    CLIPGRID_KEY: join(own, 'render-7-key.pem'),
  };
  await grid.addAgent({ coordinator: coordinator.rpc, env: { CLIPGRID_CA: ca(own), ...certificate } });
  expect(await reasonOf(['--ca', ca(own)])).toContain('give --cert and --key');
});

test.each([
  [{ CLIPGRID_TLS_CERT: 'own:127.0.0.1.pem' }, /CLIPGRID_TLS_KEY is "": TLS needs a certificate and its key/],
  [
    { CLIPGRID_TLS_CERT: 'own:no.pem', CLIPGRID_TLS_KEY: 'own:ca-key.pem' },
    /CLIPGRID_TLS_CERT is ".*no.pem": ENOENT/,
  ],
  [{ CLIPGRID_TLS_CERT: 'own:ca-key.pem', CLIPGRID_TLS_KEY: 'own:ca-key.pem' }, /CLIPGRID_TLS_CERT is /],
  [{ CLIPGRID_TLS_CERT: 'own:ca.pem', CLIPGRID_TLS_KEY: 'own:ca.pem' }, /it holds no private key in PEM/],
  [{ CLIPGRID_TLS_CERT: 'own:127.0.0.1.pem', CLIPGRID_TLS_KEY: 'own:ca-key.pem' }, /it is not the key of/],
])('a wrong setting names itself: %j', async (settings, named) => {
  const env = Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [name, value.replace('own:', `${own}/`)]),
  );
  const ran = await runCli(['coordinator'], { DATABASE_URL: grid.database.url, ...env });
  expect(ran.code).toBe(EXIT_CODES.usage.code);
  expect(ran.stderr).toMatch(named);
});
