import { join, resolve } from 'node:path';
import { GridError } from '../shared/errors.ts';
import type { AgentConfig } from './config.ts';
import { OTEL_ENDPOINT, otlpEndpoint } from '../shared/otlp-endpoint.ts';
import { parseSchedule } from './guest/schedule.ts';
import { NEVER_YIELD, type GuestSettings } from './guest/settings.ts';
import {
  readOptionFile,
  readOptions,
  type OptionSources,
  type OptionSpec,
  type OptionValues,
} from './option-values.ts';
import type { SandboxLimits } from './sandbox/limits.ts';
import { readAgentTls } from './tls-files.ts';
import { bytesOf, countOf, namesOf, rateOf, shareOf, switchOf, timeOf, type Setting } from './units.ts';

const SPECS: readonly OptionSpec[] = [
  { name: 'coordinator' },
  { name: 'token', notInFile: true },
  { name: 'join-token', notInFile: true },
  { name: 'ca' },
  { name: 'cert' },
  { name: 'key' },
  { name: 'name' },
  { name: 'slots' },
  { name: 'data', env: 'CLIPGRID_AGENT_DATA', notInFile: true },
  { name: 'config', env: 'CLIPGRID_AGENT_CONFIG', notInFile: true },
  { name: 'volunteer', isSwitch: true },
  { name: 'yield-cpu' },
  { name: 'yield-gpu' },
  { name: 'yield-to' },
  { name: 'yield-fullscreen', isSwitch: true },
  { name: 'yield-battery', isSwitch: true },
  { name: 'hours' },
  { name: 'release-after' },
  { name: 'resume-after' },
  { name: 'nice' },
  { name: 'cores' },
  { name: 'memory' },
  { name: 'disk' },
  { name: 'source-cache' },
  { name: 'max-download' },
  { name: 'max-upload' },
  { name: 'otlp-endpoint' },
];

/** What the machine is called and has; where the program's own files are. */
export interface Host {
  readonly hostname: string;
  readonly cores: number;
  readonly cacheDir: string;
  readonly version: string;
}

const GIB = 1024 ** 3;
/** What a machine that somebody works at is spared. */
const VOLUNTEER_SHARE = 0.25;
const VOLUNTEER_NICE = 15;

/** A number of the environment, more than 0; undefined when it is not set. */
function readPositive(env: NodeJS.ProcessEnv, name: string): number | undefined {
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new GridError('invalid_argument', `${name} is ${JSON.stringify(text)}: give a number above 0`);
}

function readSandboxLimits(env: NodeJS.ProcessEnv): Partial<SandboxLimits> {
  const memory = readPositive(env, 'CLIPGRID_SANDBOX_MEMORY_GIB');
  const processes = readPositive(env, 'CLIPGRID_SANDBOX_PROCESSES');
  const disk = readPositive(env, 'CLIPGRID_SANDBOX_DISK_GIB');
  return {
    ...(memory ? { memoryBytes: Math.ceil(memory * GIB) } : {}),
    ...(processes ? { processes: Math.ceil(processes) } : {}),
    ...(disk ? { workBytes: Math.ceil(disk * GIB) } : {}),
  };
}

function readGuest(values: OptionValues, isVolunteer: boolean): GuestSettings {
  const usual = isVolunteer ? VOLUNTEER_SHARE : undefined;
  const share = (name: string): number | undefined =>
    values.get(name) === undefined ? usual : values.read(name, shareOf);
  const [yieldCpu, yieldGpu] = [share('yield-cpu'), share('yield-gpu')];
  const hours = values.read('hours', ({ text }) => parseSchedule(text));
  return {
    ...(yieldCpu === undefined ? {} : { yieldCpu }),
    ...(yieldGpu === undefined ? {} : { yieldGpu }),
    yieldTo: values.read('yield-to', namesOf) ?? [],
    yieldFullscreen: values.read('yield-fullscreen', switchOf) ?? isVolunteer,
    yieldBattery: values.read('yield-battery', switchOf) ?? isVolunteer,
    ...(hours ? { hours } : {}),
    releaseAfterMs: values.read('release-after', timeOf) ?? NEVER_YIELD.releaseAfterMs,
    resumeAfterMs: values.read('resume-after', timeOf) ?? NEVER_YIELD.resumeAfterMs,
  };
}

/** Encoders use several cores each; with a second task they are not idle while one fetches, verifies or uploads. */
function defaultSlots(cores: number): number {
  return Math.max(2, Math.floor(cores / 2));
}

/** What X11's programs need to find the screen. */
function screenOf(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const names = ['DISPLAY', 'XAUTHORITY'] as const;
  return Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
}

/** Below that no encode comes to its end. */
const LEAST_SHARE_BYTES = 64 * 1024 ** 2;

/** Of an amount for all tasks together what one may have. */
function shareFor(slots: number): (setting: Setting) => number {
  return (setting) => {
    const share = Math.floor(bytesOf(setting) / slots);
    if (share >= LEAST_SHARE_BYTES) return share;
    const message = `${setting.name} is ${JSON.stringify(setting.text)}: for ${slots} slots give at least ${(slots * LEAST_SHARE_BYTES) / 1024 ** 2}MiB`;
    throw new GridError('invalid_argument', message);
  };
}

/** What bounds the machine's use, where anybody said so. */
function readLimits(values: OptionValues, slots: number) {
  const maxDownload = values.read('max-download', rateOf);
  const maxUpload = values.read('max-upload', rateOf);
  const diskBytes = values.read('disk', bytesOf);
  const cacheBytes = values.read('source-cache', bytesOf);
  const memoryShare = values.read('memory', shareFor(slots));
  const diskShare = values.read('disk', shareFor(slots));
  return {
    ...(maxDownload === undefined ? {} : { maxDownload }),
    ...(maxUpload === undefined ? {} : { maxUpload }),
    ...(diskBytes === undefined ? {} : { diskBytes }),
    ...(cacheBytes === undefined ? {} : { cacheBytes }),
    shares: {
      ...(memoryShare === undefined ? {} : { memoryBytes: memoryShare }),
      ...(diskShare === undefined ? {} : { workBytes: diskShare }),
    },
  };
}

/** All that an agent is told: `help` where that was asked for. Throws `invalid_argument` that names the setting. */
export function readConfig(sources: OptionSources, host: Host): AgentConfig | 'help' {
  const { env } = sources;
  const given = readOptions(SPECS, sources);
  if (given === 'help') return 'help';
  const dataDir = resolve(given.text('data') ?? '.clipgrid/agent');
  const named = given.text('config');
  const file = { file: named ?? join(dataDir, 'agent.json'), mustExist: named !== undefined };
  const values = given.withFile(readOptionFile(SPECS, file));
  const isVolunteer = values.read('volunteer', switchOf) ?? false;
  const token = values.text('token');
  const joinToken = values.text('join-token');
  const [ca, cert, key] = ['ca', 'cert', 'key'].map((name) => values.text(name));
  const tls = readAgentTls({ ca, cert, key });
  const nice = values.read('nice', (one) => countOf(one, 0, 19)) ?? (isVolunteer ? VOLUNTEER_NICE : 0);
  const cores = values.read('cores', (one) => countOf(one, 1, host.cores));
  const slots = values.read('slots', (one) => countOf(one, 1, 256)) ?? defaultSlots(cores ?? host.cores);
  const { shares, ...limits } = readLimits(values, slots);
  const otlp = otlpEndpoint([
    values.get('otlp-endpoint') ?? { name: '--otlp-endpoint', text: undefined },
    { name: OTEL_ENDPOINT, text: env[OTEL_ENDPOINT] },
  ]);
  return {
    coordinator: values.text('coordinator') ?? '127.0.0.1:7070',
    ...(token ? { token } : {}),
    ...(joinToken ? { joinToken } : {}),
    ...(tls ? { tls } : {}),
    name: values.text('name') ?? host.hostname,
    slots,
    ...(cores === undefined ? {} : { cores }),
    ...limits,
    dataDir,
    searchPath: env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    vapourSynthFile: env['CLIPGRID_VAPOURSYNTH'] ?? join(host.cacheDir, 'vapoursynth/clipgrid.json'),
    drainDeadlineMs: Number(env['CLIPGRID_DRAIN_S'] ?? 10) * 1000,
    sandboxLimits: { ...readSandboxLimits(env), ...shares },
    guest: readGuest(values, isVolunteer),
    screen: screenOf(env),
    nice,
    ...(otlp ? { otlpEndpoint: otlp } : {}),
    version: host.version,
  };
}
