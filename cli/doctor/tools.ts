import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { probeCapabilities, type Capabilities } from '../../agent/capabilities.ts';
import type { Clock } from '../../shared/clock.ts';
import { toGridError } from '../../shared/errors.ts';
import { VERSION } from '../../shared/version.ts';
import { fail, ok, warn, type Finding } from './finding.ts';

const WANTED_NODE = 24;
const ROOT = join(import.meta.dirname, '../..');

/** The Node that runs this, e.g. `v24.1.0`. */
export function checkNode(version: string): Finding {
  const major = Number(/^v(\d+)/.exec(version)?.[1]);
  if (major >= WANTED_NODE) return ok('Node', version);
  const fix = 'start clipgrid by its own command, which brings Node 24: `npm run clipgrid -- doctor`';
  return fail('Node', `${version}, ${WANTED_NODE} or newer is needed`, fix);
}

const OPTIONAL: Readonly<Record<string, string>> = {
  x264: 'apt-get install x264',
  x265: 'apt-get install x265',
};

function sandboxFinding({ sandbox }: Capabilities): Finding {
  const { strength } = sandbox;
  if (strength === 'namespaces')
    return ok('sandbox', 'namespaces: scripts and encoders see only their own folder');
  const detail =
    strength === 'limits'
      ? 'limits only: scripts can read what this user can read'
      : 'none: nothing holds back scripts and encoders';
  return warn(
    'sandbox',
    detail,
    'apt-get install bubblewrap, and allow user namespaces; until then take only scripts of people you trust',
  );
}

function findingsOf(capabilities: Capabilities): Finding[] {
  const tools = new Map(capabilities.toolList.map((tool) => [tool.name, tool]));
  const found = (name: string): Finding | undefined => {
    const tool = tools.get(name);
    return tool && ok(name, `${tool.version} (${tool.path})`);
  };
  const optional = Object.entries(OPTIONAL).map(
    ([name, how]) =>
      found(name) ??
      warn(name, `not found: commands that name ${name} cannot run here`, `${how}, if they should`),
  );
  const hardware = capabilities.proved.filter((one) => /^encoder:.*_(nvenc|vaapi|qsv|amf)$/.test(one));
  const lacks = capabilities.lacks.join(' ');
  return [
    ...['ffmpeg'].flatMap((name) => found(name) ?? []),
    ok('ffprobe', capabilities.tools.ffprobe),
    ...optional,
    found('vapoursynth') ??
      warn('vapoursynth', lacks || 'not found', 'install Python 3.12 or newer, then `npm run setup`'),
    sandboxFinding(capabilities),
    ok(
      'hardware encoders',
      hardware.length > 0 ? hardware.map((one) => one.slice('encoder:'.length)).join(', ') : 'none proved',
    ),
  ];
}

/** What an agent on this machine could do, found by the very probes of the agent. */
export async function checkTools(
  environment: Readonly<Record<string, string | undefined>>,
  clock: Clock,
): Promise<Finding[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'clipgrid-doctor-'));
  const cache = environment['CLIPGRID_CACHE'] ?? join(ROOT, '.cache');
  const config = {
    coordinator: '',
    name: 'doctor',
    slots: 1,
    dataDir,
    searchPath: environment['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    vapourSynthFile: environment['CLIPGRID_VAPOURSYNTH'] ?? join(cache, 'vapoursynth/clipgrid.json'),
    drainDeadlineMs: 0,
    version: VERSION,
  };
  try {
    return findingsOf(await probeCapabilities({ config, workDir: dataDir, clock }));
  } catch (thrown) {
    const fix =
      'Debian: apt-get install ffmpeg x264 x265; or `npm run setup`. A machine without agents can do without';
    return [fail('ffmpeg, ffprobe', toGridError(thrown).message, fix)];
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}
