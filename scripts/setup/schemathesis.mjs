import { existsSync, rmSync } from 'node:fs';
import { findPythons, obtainPython } from './python.mjs';
import { CACHE, say } from './root.mjs';
import { run, tail } from './shell.mjs';
import { isFresh, keyOf, stamp } from './stamp.mjs';

/** Hypothesis decides what a seed means, so it is pinned too. */
const PACKAGES = ['schemathesis==4.32.5', 'hypothesis==6.170.17'];
const VENV = `${CACHE}/schemathesis/venv`;
const PROGRAM = `${VENV}/bin/schemathesis`;

async function install(python) {
  rmSync(VENV, { recursive: true, force: true });
  const made = await run(python.path, ['-m', 'venv', VENV]);
  if (made.code !== 0) return tail(made.output);
  const pip = ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', ...PACKAGES];
  const installed = await run(`${VENV}/bin/python`, pip);
  if (installed.code !== 0) return tail(installed.output);
  const proof = await run(PROGRAM, ['--version']);
  return proof.code === 0 ? undefined : tail(proof.output);
}

/** The program that tests REST against its OpenAPI document; only tests need it. Never throws: its test says what is missing. */
export async function ensureSchemathesis() {
  const key = keyOf(...PACKAGES);
  if (isFresh('schemathesis', key) && existsSync(PROGRAM)) return;
  say('installing schemathesis in .cache/schemathesis ...');
  const found = await findPythons();
  const [python] = found.length > 0 ? found : await obtainPython();
  const reason = python
    ? await install(python)
    : 'no Python 3.12 or newer was found, and none could be downloaded';
  if (reason !== undefined) return say(`schemathesis cannot be installed, so its test will fail:\n${reason}`);
  stamp('schemathesis', key);
}
