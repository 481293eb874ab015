import { existsSync, readdirSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { aptInstall } from './apt.mjs';
import { CACHE, say } from './root.mjs';
import { run, which } from './shell.mjs';

const PROBE = 'import sys; print(sys.version_info[0] * 100 + sys.version_info[1], sys.base_prefix)';
const OLDEST = 312;

function inside(folder, suffix) {
  try {
    return readdirSync(folder).map((name) => `${folder}/${name}/${suffix}`);
  } catch {
    return [];
  }
}

/** Every place where a Python may be; HOME may be an empty folder, so the account's own home is looked at too. */
function candidates() {
  const homes = [...new Set([homedir(), userInfo().homedir])];
  const onPath = ['python3.12', 'python3.13', 'python3.14', 'python3']
    .map(which)
    .filter((path) => path !== undefined);
  const ownRoots = process.env.PYENV_ROOT ? [process.env.PYENV_ROOT] : [];
  const pyenv = [...ownRoots, ...homes.map((home) => `${home}/.pyenv`)];
  return [
    ...inside(`${CACHE}/python`, 'bin/python3'),
    ...onPath,
    ...pyenv.flatMap((root) => inside(`${root}/versions`, 'bin/python3')),
    ...homes.flatMap((home) => inside(`${home}/.local/share/uv/python`, 'bin/python3')),
  ];
}

/** Version (e.g. 312) and base prefix of a Python, or undefined when it does not run (a shim without a version). */
export async function probePython(path) {
  const result = await run(path, ['-c', PROBE], { timeoutMs: 20_000 });
  const match = /^(\d+) (.+)$/m.exec(result.stdout.toString());
  return result.code === 0 && match ? { path, version: Number(match[1]), basePrefix: match[2] } : undefined;
}

/** All Pythons of version 3.12 or newer that run, one for each installation. */
export async function findPythons() {
  const found = new Map();
  for (const path of candidates()) {
    const python = await probePython(path);
    if (python && python.version >= OLDEST && !found.has(python.basePrefix))
      found.set(python.basePrefix, python);
  }
  return [...found.values()];
}

async function ensureUv() {
  const own = `${CACHE}/uv/bin/uv`;
  const known = which('uv') ?? (existsSync(own) ? own : undefined);
  if (known) return known;
  const python = which('python3');
  const made = python && (await run(python, ['-m', 'venv', `${CACHE}/uv`])).code === 0;
  if (!made) return undefined;
  const installed = await run(`${CACHE}/uv/bin/pip`, ['install', '-q', '--disable-pip-version-check', 'uv']);
  return installed.code === 0 ? `${CACHE}/uv/bin/uv` : undefined;
}

/** Tries to bring a Python where there is none: the distribution's own, then one that uv downloads into .cache. */
export async function obtainPython() {
  await aptInstall(['python3', 'python3-venv']);
  const own = await findPythons();
  if (own.length > 0) return own;
  say('this system has no Python 3.12; asking uv for one ...');
  const uv = await ensureUv();
  if (!uv) return [];
  const env = { ...process.env, UV_HTTP_TIMEOUT: '30' };
  await run(uv, ['python', 'install', '3.12', '--install-dir', `${CACHE}/python`], {
    env,
    timeoutMs: 300_000,
  });
  return findPythons();
}
