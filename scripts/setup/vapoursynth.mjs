import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { aptInstall } from './apt.mjs';
import { findPythons, obtainPython, probePython } from './python.mjs';
import { CACHE, ROOT, say } from './root.mjs';
import { run, tail } from './shell.mjs';
import { isFresh, keyOf, removeStamp, stamp, stampAgeMs } from './stamp.mjs';

const PACKAGES = ['vapoursynth==81', 'vapoursynth-bestsource==22'];
const VENV = `${CACHE}/vapoursynth`;
const DESCRIPTION = `${VENV}/clipgrid.json`;
const RETRY_AFTER_MS = 3_600_000;

const PROOF = `import vapoursynth as vs
vs.core.bs.VideoSource(${JSON.stringify(`${ROOT}/test/media/bigbuckbunny.mp4`)}, cachemode=0)[0:1].set_output()
`;

/** What vspipe needs around it; the same for the proof, for the agent and for the tests. */
const ENVIRONMENT = { PATH: `${VENV}/bin:/usr/local/bin:/usr/bin:/bin`, XDG_CONFIG_HOME: `${VENV}/config` };

async function must(what, program, args, env) {
  const result = await run(program, args, { env: env ?? process.env });
  if (result.code !== 0) throw new Error(`${what} failed:\n${tail(result.output)}`);
  return result;
}

async function makeVenv(python) {
  const has = existsSync(`${VENV}/bin/python`) && (await probePython(`${VENV}/bin/python`));
  if (has && has.basePrefix === python.basePrefix) return;
  rmSync(VENV, { recursive: true, force: true });
  const first = await run(python.path, ['-m', 'venv', VENV]);
  if (first.code === 0) return;
  const version = `${Math.floor(python.version / 100)}.${python.version % 100}`;
  await aptInstall([`python${version}-venv`]);
  rmSync(VENV, { recursive: true, force: true });
  await must('making the virtual environment', python.path, ['-m', 'venv', VENV]);
}

/** Renders one frame of the bundled video: proves Python, VapourSynth, its configuration and BestSource at once. */
async function prove() {
  const script = `${VENV}/proof.vpy`;
  writeFileSync(script, PROOF);
  const result = await must(
    'the proof script',
    `${VENV}/bin/vspipe`,
    ['-c', 'y4m', script, '-'],
    ENVIRONMENT,
  );
  if (!result.stdout.subarray(0, 9).equals(Buffer.from('YUV4MPEG2')))
    throw new Error('vspipe gave no y4m stream');
}

async function install(python) {
  await makeVenv(python);
  const pip = ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', ...PACKAGES];
  await must('pip install', `${VENV}/bin/python`, pip);
  mkdirSync(ENVIRONMENT.XDG_CONFIG_HOME, { recursive: true });
  await must('vapoursynth config', `${VENV}/bin/vapoursynth`, ['config'], { ...process.env, ...ENVIRONMENT });
  await prove();
  const description = {
    vspipe: `${VENV}/bin/vspipe`,
    environment: ENVIRONMENT,
    readOnlyPaths: [VENV, python.basePrefix],
  };
  writeFileSync(`${DESCRIPTION}.new`, `${JSON.stringify(description, null, 2)}\n`);
  renameSync(`${DESCRIPTION}.new`, DESCRIPTION);
}

function isComplete(key) {
  if (!isFresh('vapoursynth', key) || !existsSync(DESCRIPTION)) return false;
  const { vspipe, readOnlyPaths } = JSON.parse(readFileSync(DESCRIPTION, 'utf8'));
  return [vspipe, ...readOnlyPaths].every((path) => existsSync(path));
}

function explain(reasons) {
  say('VapourSynth cannot be set up here; the grid still serves jobs with the built-in pass-through script.');
  say(
    'To have it: install Python 3.12 or newer (pyenv install 3.12, or uv python install 3.12, or Debian 13), then',
  );
  say('run `node scripts/setup.mjs --retry`.');
  for (const reason of reasons) say(reason);
}

/** The environment that this Python makes of itself first, so that a repeated set-up keeps the venv it has. */
async function pythons() {
  const found = await findPythons();
  const list = found.length > 0 ? found : await obtainPython();
  const current = existsSync(`${VENV}/bin/python`) ? await probePython(`${VENV}/bin/python`) : undefined;
  const isCurrent = (python) => Number(python.basePrefix === current?.basePrefix);
  return [...list].sort((a, b) => isCurrent(b) - isCurrent(a));
}

/** Returns whether VapourSynth is there and proved. Never throws: the grid works without. */
export async function ensureVapourSynth({ retry = false } = {}) {
  const key = keyOf(CACHE, ...PACKAGES, JSON.stringify(ENVIRONMENT));
  if (isComplete(key)) return true;
  if (!retry && isFresh('no-vapoursynth', key) && stampAgeMs('no-vapoursynth') < RETRY_AFTER_MS) {
    say('no VapourSynth (tried less than an hour ago; `node scripts/setup.mjs --retry` tries again)');
    return false;
  }
  say(`setting up VapourSynth and BestSource in ${VENV} ...`);
  const reasons = [];
  for (const python of await pythons()) {
    try {
      await install(python);
      stamp('vapoursynth', key);
      removeStamp('no-vapoursynth');
      say(`VapourSynth works (${python.path})`);
      return true;
    } catch (error) {
      reasons.push(`${python.path}: ${error.message}`);
    }
  }
  if (reasons.length === 0) reasons.push('no Python 3.12 or newer was found, and none could be downloaded');
  stamp('no-vapoursynth', key);
  explain(reasons);
  return false;
}
