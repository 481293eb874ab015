import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, IS_PACKAGE, ROOT, say } from './root.mjs';
import { run, tail } from './shell.mjs';
import { isFresh, keyOf, stamp } from './stamp.mjs';

const FOLDER = `${ROOT}/coordinator/dashboard`;
const PAGE = `${FOLDER}/dist/index.html`;
const NOT_SOURCES = new Set(['dist', 'screenshots']);

function sourcesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !NOT_SOURCES.has(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? sourcesBelow(path) : [path];
    })
    .sort((a, b) => (a < b ? -1 : 1));
}

function sourcesKey() {
  const files = sourcesBelow(FOLDER).flatMap((path) => [path.slice(FOLDER.length), readFileSync(path)]);
  return keyOf(readFileSync(`${ROOT}/package-lock.json`), ...files);
}

/** Builds the coordinator's page by Vite, unless the one that is there is of these very sources. Needs packages and Node 24. */
export async function ensureDashboard(node) {
  // The package has it built.
  if (IS_PACKAGE) return;
  const key = sourcesKey();
  if (isFresh('dashboard', key) && existsSync(PAGE)) return;
  say('building the dashboard (Vite) ...');
  const vite = `${ROOT}/node_modules/vite/bin/vite.js`;
  const result = await run(node, [vite, 'build', FOLDER, '--logLevel', 'warn'], {
    env: { ...process.env, NODE_ENV: 'production', NODE_COMPILE_CACHE: `${CACHE}/compiled` },
  });
  if (result.code !== 0) throw new Error(`the dashboard could not be built:\n${tail(result.output, 20)}`);
  stamp('dashboard', key);
  say('the dashboard is built');
}
