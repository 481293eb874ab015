import { existsSync, readFileSync } from 'node:fs';
import { ROOT, say } from './root.mjs';
import { run, tail } from './shell.mjs';
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
  const lock = readFileSync(`${ROOT}/package-lock.json`, 'utf8');
  const key = keyOf(lock, process.platform, process.arch);
  if (isFresh('npm', key) && existsSync(INSTALLED)) return;
  if (existsSync(INSTALLED) && matchesLock(lock, readFileSync(INSTALLED, 'utf8'))) {
    stamp('npm', key);
    return;
  }
  say('installing npm packages, Node 24 among them (npm ci) ...');
  const npm = process.env.npm_execpath;
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  const viaNode = npm?.endsWith('.js');
  const result = await run(viaNode ? process.execPath : 'npm', viaNode ? [npm, ...args] : args);
  if (result.code !== 0) throw new Error(`npm ci failed:\n${tail(result.output, 20)}`);
  stamp('npm', key);
  say('npm packages are installed');
}
