import { readFile } from 'node:fs/promises';
import type { Clock } from '../shared/clock.ts';
import { GridError } from '../shared/errors.ts';
import type { Tool } from '../shared/gen/clipgrid/v1/session.ts';
import type { AgentConfig } from './config.ts';
import { findProgram } from './find-program.ts';
import { TOOL_ENVIRONMENT } from './media/probe.ts';
import { probeSandbox } from './sandbox/probe.ts';
import type { Sandbox } from './sandbox/sandbox.ts';
import { runTool } from './subprocess.ts';
import type { ToolPaths, VapourSynthPaths } from './tools.ts';

/** Everything an agent found out about what it can do. */
export interface Capabilities {
  readonly tools: ToolPaths;
  readonly sandbox: Sandbox;
  readonly toolList: readonly Tool[];
  /** `program:x265`, `encoder:libx264`, `tool:vapoursynth`, `sandbox:limits`: proved, each by running it. */
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
const HARDWARE_ENCODER = /_(nvenc|vaapi|qsv|amf|videotoolbox|v4l2m2m|mf|omx)$/;
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

/** Video encoders of this ffmpeg: software ones as listed, each hardware one only if it encodes a frame here. */
async function provedEncoders(ffmpeg: string, input: ProbeInput): Promise<string[]> {
  const listed = (await outputOf([ffmpeg, '-hide_banner', '-v', 'error', '-encoders'], input)) ?? '';
  const names = [...listed.matchAll(/^ V\S{5} (\S+)/gm)]
    .map((match) => match[1] ?? '')
    .filter((name) => name !== '=');
  const proofs = names.map(async (name) => {
    if (!HARDWARE_ENCODER.test(name)) return name;
    return (await encodesOneFrame(ffmpeg, name, input)) ? name : undefined;
  });
  return (await Promise.all(proofs)).filter((name) => name !== undefined);
}

/** Lists lie: a driver may be missing, or every session of a card taken. */
async function encodesOneFrame(ffmpeg: string, encoder: string, input: ProbeInput): Promise<boolean> {
  const vaapi = encoder.endsWith('_vaapi');
  const device = vaapi ? ['-vaapi_device', '/dev/dri/renderD128'] : [];
  const upload = vaapi ? ['-vf', 'format=nv12,hwupload'] : ['-pix_fmt', 'yuv420p'];
  const argv = [
    ffmpeg,
    '-nostdin',
    '-v',
    'error',
    ...device,
    '-f',
    'lavfi',
    '-i',
    'color=black:s=256x256:r=25',
  ];
  argv.push(...upload, '-frames:v', '1', '-c:v', encoder, '-f', 'null', '-');
  return (await outputOf(argv, input)) !== undefined;
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

const NO_VAPOURSYNTH =
  'VapourSynth is missing: only the pass-through script runs here. Install Python 3.12 or newer, then `npm run setup`.';

/** Finds the tools and proves what they can. Without ffmpeg and ffprobe there is no agent: `tool_missing`. */
export async function probeCapabilities(input: ProbeInput): Promise<Capabilities> {
  const { config, workDir, clock } = input;
  const ffmpeg = await requireTool('ffmpeg', config);
  const ffprobe = await requireTool('ffprobe', config);
  const programs = new Map([['ffmpeg', ffmpeg]]);
  for (const name of ENCODER_PROGRAMS) {
    const path = await findProgram(name, config.searchPath);
    if (path !== undefined && (await outputOf([path, '--version'], input)) !== undefined)
      programs.set(name, path);
  }
  const [vapourSynth, encoders, sandbox] = await Promise.all([
    probeVapourSynth(input),
    provedEncoders(ffmpeg, input),
    probeSandbox({ searchPath: config.searchPath, workDir, clock }),
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
    tools: { ffmpeg, ffprobe, programs, ...(vapourSynth ? { vspipe: vapourSynth.paths } : {}) },
    sandbox,
    toolList,
    proved: [
      ...[...programs.keys()].map((name) => `program:${name}`),
      ...encoders.map((name) => `encoder:${name}`),
      ...(vapourSynth ? ['tool:vapoursynth'] : []),
      `sandbox:${sandbox.strength}`,
    ],
    lacks: vapourSynth ? [] : [NO_VAPOURSYNTH],
  };
}
