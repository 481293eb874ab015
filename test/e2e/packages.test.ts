import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { buildPackages } from '../../scripts/pack/build.ts';
import { bareEnvironment } from '../support/command-line.ts';
import { plainFilm } from '../support/films.ts';
import { freePorts } from '../support/ports.ts';
import { Program } from '../support/program.ts';

// Packs, installs with all dependencies, and sets VapourSynth up anew.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const ROOT = join(import.meta.dirname, '../..');
const BIN = 'node_modules/.bin/clipgrid';

/** Nothing of the repository can be found from there. */
let folder: string;
let environment: Record<string, string>;
let ports: number[];
const programs: Program[] = [];

function inFolder(program: string, args: readonly string[], more: Record<string, string> = {}): string {
  const env = { ...environment, ...more };
  return execFileSync(program, [...args], { cwd: folder, env, encoding: 'utf8', timeout: 200_000 });
}

/** How this machine reaches a registry: its proxy, and the authorities that it trusts, which Node by itself does not look at. */
function registryEnvironment(): Record<string, string> {
  const wanted = /^(?:https?_proxy|no_proxy|node_extra_ca_certs|npm_config_.*)$/i;
  const set = Object.entries(process.env).filter((entry): entry is [string, string] => wanted.test(entry[0]));
  return { ...Object.fromEntries(set), NODE_OPTIONS: '--use-system-ca' };
}

async function start(name: string, args: readonly string[], ready: string): Promise<void> {
  const program = new Program({ name, args: [BIN, ...args], env: environment, cwd: folder, ready });
  programs.push(program);
  await program.start();
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'clipgrid-packages-'));
  const archives = buildPackages(join(folder, 'archives'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }');
  ports = await freePorts(2);
  const nodeFolder = join(process.execPath, '..');
  const bare = bareEnvironment();
  environment = {
    ...bare,
    PATH: `${nodeFolder}${delimiter}${bare['PATH'] ?? ''}`,
    XDG_CACHE_HOME: join(folder, 'cache'),
    CLIPGRID_URL: `http://127.0.0.1:${ports[0]}`,
    CLIPGRID_GRPC: `127.0.0.1:${ports[1]}`,
    CLIPGRID_DRAIN_S: '0',
  };
  const install = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  inFolder('npm', [...install, ...archives], registryEnvironment());
});
afterAll(async () => {
  for (const program of programs.toReversed()) if (program.running) await program.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('the command runs from the installed package, by npx', () => {
  expect(inFolder('npx', ['clipgrid', 'version'])).toMatch(/^clipgrid \d+\.\d+\.\d+ \(Node v24/);
});

test('a grid of the installed packages takes a film from the client library', async () => {
  plainFilm(folder, 4);
  execFileSync('mv', ['plain-4.mkv', 'film.mkv'], { cwd: folder });
  const [http, grpc] = ports.map(String) as [string, string];
  const up = ['up', '--json', '--agents', '0', '--finalrip-port', '0', '--port', http, '--grpc-port', grpc];
  await start('up', up, 'ready');
  await start('agent', ['agent', '--coordinator', `127.0.0.1:${grpc}`, '--name', 'guest'], 'connected');

  const examples = [...readFileSync(join(ROOT, 'client/README.md'), 'utf8').matchAll(/```ts\n(.*?)```/gs)];
  const [submit, administrate] = examples.map((match) => match[1] ?? '');
  writeFileSync(join(folder, 'submit.ts'), submit ?? '');
  writeFileSync(join(folder, 'administrate.ts'), administrate ?? '');
  expect(submit?.trim().split('\n').length).toBeLessThanOrEqual(10);

  const progress = inFolder(process.execPath, ['submit.ts']).trim().split('\n');
  expect(progress.at(-1)).toBe('succeeded 100');
  const count = ['-v', 'error', '-count_frames', '-show_entries', 'stream=nb_read_frames', '-of', 'csv=p=0'];
  expect(inFolder('ffprobe', [...count, '-select_streams', 'v', 'out.mkv']).trim()).toBe('100');

  const told = inFolder(process.execPath, ['administrate.ts']);
  expect(told).toMatch(/^film\.mkv \d+\nguest online \d+\n$/);
});

test('their types hold for a strict project', () => {
  const wrong = `import { createClient } from '@clipgrid/client';
const grid = createClient({ url: 'http://grid.lab' });
// @ts-expect-error -- a job needs a command
await grid.submit({ upload_id: 'x' });
// @ts-expect-error -- there is no such route
await grid.rest.GET('/api/v1/films');
`;
  writeFileSync(join(folder, 'wrong.ts'), wrong);
  const options = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--types', 'node'];
  const modern = ['--module', 'nodenext', '--target', 'es2024'];
  const files = ['submit.ts', 'administrate.ts', 'wrong.ts'];
  const tsc = join(ROOT, 'node_modules/.bin/tsc');
  expect(inFolder(tsc, [...options, ...modern, ...files])).toBe('');
});
