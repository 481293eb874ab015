import { enableCompileCache } from 'node:module';
import { availableParallelism, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../shared/clock.ts';
import { GridError, toGridError } from '../shared/errors.ts';
import { exitCodeOf } from '../shared/exit-codes.ts';
import { systemIds } from '../shared/ids.ts';
import { createLogger } from '../shared/logger.ts';
import { trustCa } from '../shared/trust-ca.ts';
import { VERSION } from '../shared/version.ts';
import type { AgentConfig } from './config.ts';
import { readAgentTls } from './tls-files.ts';
import { DEFAULT_PROCESSES, DEFAULT_WORK_GIB, type SandboxLimits } from './sandbox/limits.ts';

const HELP = `clipgrid agent: works for a grid. It only ever calls out; nothing needs to reach it.

  --coordinator HOST:PORT  any coordinator of the grid, or several with commas between: when one is away the agent
                           turns to the next (CLIPGRID_COORDINATOR; default 127.0.0.1:7070)
  --join-token TOKEN       lets this machine join, once: from then on it has a key of its own in --data and needs no token
                           (better: CLIPGRID_JOIN_TOKEN, which no process list shows; made by clipgrid join-token create)
  --token TOKEN            for grids that let agents in by a token with the scope agent (CLIPGRID_TOKEN)
  --ca FILE                speak TLS, with coordinators that have a certificate of this CA; system: of the public ones
                           (CLIPGRID_CA)
  --cert FILE --key FILE   the certificate of this machine, for coordinators that ask for one (CLIPGRID_CERT, CLIPGRID_KEY)
  --name NAME              what people call this machine (CLIPGRID_NAME; default: its host name)
  --slots N                tasks at once (CLIPGRID_SLOTS; default: half of the cores, at least 2)
  --data DIR               identity and work files (CLIPGRID_AGENT_DATA; default ./.clipgrid/agent)

Scripts and encoders run in the strongest sandbox that this machine offers: bubblewrap's walls, else limits. The limits:
  CLIPGRID_SANDBOX_MEMORY_GIB  memory of one process (default: that of the machine); of one task in all, where the agent may make
                               control groups (systemd: Delegate=yes and DelegateSubgroup=agent; see sandbox-total)
  CLIPGRID_SANDBOX_PROCESSES   processes and threads of one task (default ${DEFAULT_PROCESSES})
  CLIPGRID_SANDBOX_DISK_GIB    work directory of one task (default ${DEFAULT_WORK_GIB})

The first SIGTERM or SIGINT finishes what is held, the second one leaves at once.

Examples:
  CLIPGRID_JOIN_TOKEN=... clipgrid agent --coordinator grid.lab:7070   # this machine joins the grid
  clipgrid agent --coordinator grid.lab:7070 --ca ca.pem            # the next time, and by TLS
  clipgrid agent --coordinator grid.lab:7070 --slots 1 --name blue  # one task at a time

Exit codes are those of \`clipgrid --help\`.`;

/** Node's own words name the option that is wrong. */
function readArguments<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new GridError('invalid_argument', `${toGridError(cause).message} (see clipgrid agent --help)`, {
      cause,
    });
  }
}

const GIB = 1024 ** 3;

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

/** Encoders use several cores each; with a second task they are not idle while one fetches, verifies or uploads. */
function defaultSlots(cores: number): number {
  return Math.max(2, Math.floor(cores / 2));
}

function readConfig(): AgentConfig | undefined {
  const { env } = process;
  const options = {
    coordinator: { type: 'string' },
    token: { type: 'string' },
    'join-token': { type: 'string' },
    ca: { type: 'string' },
    cert: { type: 'string' },
    key: { type: 'string' },
    name: { type: 'string' },
    slots: { type: 'string' },
    data: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  const { values } = readArguments(() => parseArgs({ options }));
  if (values.help) return undefined;
  const slots = Number(values.slots ?? env['CLIPGRID_SLOTS'] ?? defaultSlots(availableParallelism()));
  if (!Number.isInteger(slots) || slots < 1 || slots > 256) {
    throw new GridError(
      'invalid_argument',
      `--slots is ${values.slots ?? env['CLIPGRID_SLOTS']}: give a whole number from 1 to 256`,
    );
  }
  const token = values.token ?? env['CLIPGRID_TOKEN'];
  const joinToken = values['join-token'] ?? env['CLIPGRID_JOIN_TOKEN'];
  const tls = readAgentTls({
    ca: values.ca ?? env['CLIPGRID_CA'],
    cert: values.cert ?? env['CLIPGRID_CERT'],
    key: values.key ?? env['CLIPGRID_KEY'],
  });
  const cache = env['CLIPGRID_CACHE'] ?? join(import.meta.dirname, '../.cache');
  return {
    coordinator: values.coordinator ?? env['CLIPGRID_COORDINATOR'] ?? '127.0.0.1:7070',
    ...(token ? { token } : {}),
    ...(joinToken ? { joinToken } : {}),
    ...(tls ? { tls } : {}),
    name: values.name ?? env['CLIPGRID_NAME'] ?? hostname(),
    slots,
    dataDir: resolve(values.data ?? env['CLIPGRID_AGENT_DATA'] ?? '.clipgrid/agent'),
    searchPath: env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    vapourSynthFile: env['CLIPGRID_VAPOURSYNTH'] ?? join(cache, 'vapoursynth/clipgrid.json'),
    drainDeadlineMs: Number(env['CLIPGRID_DRAIN_S'] ?? 10) * 1000,
    sandboxLimits: readSandboxLimits(env),
    version: VERSION,
  };
}

async function main(): Promise<void> {
  const config = readConfig();
  if (config === undefined) return console.log(HELP);
  // Objects come from coordinators and stores of the same CA.
  if (config.tls?.ca) trustCa(config.tls.ca);
  const logger = createLogger(process.env['CLIPGRID_LOG'] ?? 'info', { process: 'agent', name: config.name });
  const leave = new AbortController();
  const quit = new AbortController();
  const onSignal = (): void => (leave.signal.aborted ? quit.abort() : leave.abort());
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('unhandledRejection', (reason) =>
    logger.error({ error: String(reason) }, 'unhandled rejection'),
  );
  const ids = systemIds(() => systemClock.wallMs());
  // Compiled once and for all: its start costs half as much then.
  enableCompileCache(join(import.meta.dirname, '../.cache/compiled'));
  const { runAgent } = await import('./agent.ts');
  await runAgent({ config, clock: systemClock, ids, logger, leave: leave.signal, quit: quit.signal });
}

try {
  await main();
  process.exit(0);
} catch (thrown) {
  console.error(`clipgrid agent: ${toGridError(thrown).message}`);
  process.exit(exitCodeOf(thrown));
}
