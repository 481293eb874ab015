import { existsSync, readFileSync } from 'node:fs';
import { IS_PACKAGE, ROOT, say } from './root.mjs';
import { npm, tail } from './shell.mjs';
import { isFresh, keyOf, stamp } from './stamp.mjs';

const INSTALLED = `${ROOT}/node_modules/.package-lock.json`;

/** npm's own list of what it installed agrees with the lock file in all that this platform must have. */
export function matchesLock(lockText, installedText) {
  const wanted = JSON.parse(lockText).packages;
  const installed = JSON.parse(installedText).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const found = installed[path];
    return found === undefined ? entry.optional === true : found.version === entry.version;
  });
}

/** Puts node_modules into the state of package-lock.json, unless it is there already. */
export async function ensurePackages() {
  if (IS_PACKAGE) return;
  const lock = readFileSync(`${ROOT}/package-lock.json`, 'utf8');
  const key = keyOf(lock, process.platform, process.arch);
  if (isFresh('npm', key) && existsSync(INSTALLED)) return;
  if (existsSync(INSTALLED) && matchesLock(lock, readFileSync(INSTALLED, 'utf8'))) {
    stamp('npm', key);
    return;
  }
  say('installing npm packages, Node 24 among them (npm ci) ...');
  const result = await npm([
    'ci',
    '--include=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]);
  if (result.code !== 0) throw new Error(`npm ci failed:\n${tail(result.output, 20)}`);
  stamp('npm', key);
  say('npm packages are installed');
}
