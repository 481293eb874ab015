import { readFile } from 'node:fs/promises';
import type { Clock } from '../shared/clock.ts';
import { GridError } from '../shared/errors.ts';
import type { Tool } from '../shared/gen/clipgrid/v1/session.ts';
import { strengthCapability } from '../shared/sandbox-strength.ts';
import type { AgentConfig } from './config.ts';
import { findProgram } from './find-program.ts';
import { lacksInWords } from './lacks.ts';
import { TOOL_ENVIRONMENT } from './media/probe.ts';
import { proveEncoders } from './prove-encoders.ts';
import { proveFilters } from './prove-filters.ts';
import { ownPlace } from './sandbox/attempt-group.ts';
import { defaultLimits } from './sandbox/limits.ts';
import { probeSandbox } from './sandbox/probe.ts';
import type { Sandbox } from './sandbox/sandbox.ts';
import { runTool } from './subprocess.ts';
import type { ToolPaths, VapourSynthPaths } from './tools.ts';

/** Everything an agent found out about what it can do. */
export interface Capabilities {
  readonly tools: ToolPaths;
  readonly sandbox: Sandbox;
  readonly toolList: readonly Tool[];
  /** `program:x265`, `encoder:libx264`, `filter:uspp`, `tool:vapoursynth`, `sandbox:limits`, `sandbox-total:attempt`: proved, each by running it. */
  readonly proved: readonly string[];
  /** What is missing, in words, and how to get it. */
  readonly lacks: readonly string[];
}

interface ProbeInput {
  readonly config: AgentConfig;
  readonly workDir: string;
  readonly clock: Clock;
}

const ENCODER_PROGRAMS = ['x264', 'x265', 'SvtAv1EncApp', 'aomenc'];
const PROBE_LIMIT_MS = 20_000;

async function outputOf(
  argv: readonly string[],
  input: ProbeInput,
  environment = TOOL_ENVIRONMENT,
): Promise<string | undefined> {
  const command = { argv, cwd: input.workDir, environment };
  const signal = AbortSignal.timeout(PROBE_LIMIT_MS);
  return runTool(command, { signal, clock: input.clock, stdout: 'collect' }).then(
    ({ stdout, stderr }) => stdout || stderr,
    () => undefined,
  );
}

/** `0.164.3095` of `x264 0.164.3095 baee400`: the first number with a dot that no name ends in. */
function firstVersion(text: string | undefined): string {
  return /\bv?(\d+\.[-+~.\w]+)/.exec(text?.split('\n')[0] ?? '')?.[1] ?? '';
}

async function requireTool(name: string, config: AgentConfig): Promise<string> {
  const path = await findProgram(name, config.searchPath);
  if (path !== undefined) return path;
  const message = `${name} is not on the PATH: install it (Debian: apt-get install ffmpeg), or run npm run setup`;
  throw new GridError('tool_missing', message);
}

async function probeVapourSynth(
  input: ProbeInput,
): Promise<{ paths: VapourSynthPaths; version: string } | undefined> {
  const file = input.config.vapourSynthFile;
  const text = file === undefined ? undefined : await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const paths = JSON.parse(text) as VapourSynthPaths;
  const version = await outputOf([paths.vspipe, '--version'], input, paths.environment);
  return version === undefined ? undefined : { paths, version: /R\d+/.exec(version)?.[0] ?? '' };
}

/** Finds the tools and proves what they can. Without ffmpeg and ffprobe there is no agent: `tool_missing`. */
export async function probeCapabilities(input: ProbeInput): Promise<Capabilities> {
  const { config, workDir, clock } = input;
  const ffmpeg = await requireTool('ffmpeg', config);
  const ffprobe = await requireTool('ffprobe', config);
  const mkfifo = await findProgram('mkfifo', config.searchPath);
  const programs = new Map([['ffmpeg', ffmpeg]]);
  for (const name of ENCODER_PROGRAMS) {
    const path = await findProgram(name, config.searchPath);
    if (path !== undefined && (await outputOf([path, '--version'], input)) !== undefined)
      programs.set(name, path);
  }
  const [vapourSynth, encoders, filters, { sandbox, lacks }] = await Promise.all([
    probeVapourSynth(input),
    proveEncoders({ ffmpeg, workDir, clock }),
    proveFilters({ ffmpeg, workDir, clock }),
    probeSandbox({
      searchPath: config.searchPath,
      workDir,
      hidden: [config.dataDir],
      limits: { ...defaultLimits(), ...config.sandboxLimits },
      clock,
      groups: await ownPlace(),
    }),
  ]);
  const toolList = await Promise.all(
    [...programs].map(async ([name, path]) => {
      const version = firstVersion(
        await outputOf([path, name === 'ffmpeg' ? '-version' : '--version'], input),
      );
      return { name, version, path };
    }),
  );
  if (vapourSynth)
    toolList.push({ name: 'vapoursynth', version: vapourSynth.version, path: vapourSynth.paths.vspipe });
  return {
    tools: {
      ffmpeg,
      ffprobe,
      programs,
      ...(mkfifo === undefined ? {} : { mkfifo }),
      ...(vapourSynth ? { vspipe: vapourSynth.paths } : {}),
    },
    sandbox,
    toolList,
    proved: [
      ...[...programs.keys()].map((name) => `program:${name}`),
      ...encoders.proved.map((name) => `encoder:${name}`),
      ...filters.map((name) => `filter:${name}`),
      ...(vapourSynth ? ['tool:vapoursynth'] : []),
      strengthCapability(sandbox.strength),
      `sandbox-total:${sandbox.total}`,
    ],
    lacks: lacksInWords({
      vapourSynth: vapourSynth !== undefined,
      programs: new Set(programs.keys()),
      sandbox: lacks,
      broken: encoders.broken,
    }),
  };
}
