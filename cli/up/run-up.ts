import { resolve } from 'node:path';
import { EXIT_CODES } from '../../shared/exit-codes.ts';
import { createLogger } from '../../shared/logger.ts';
import { DEFAULT_URL, type CliContext, type GlobalOptions } from '../context.ts';
import type { AgentDocument } from '../../client/documents.ts';
import { createRestClient } from '../../client/rest-client.ts';
import { printable } from '../terminal.ts';
import {
  animeTokenFile,
  openencoderPasswordFile,
  startLocalGrid,
  type LocalGrid,
  type LocalGridEvent,
} from './local-grid.ts';

export interface UpOptions extends GlobalOptions {
  readonly data: string;
  readonly agents: number;
  readonly slots?: number;
  readonly port: number;
  readonly grpcPort: number;
  readonly finalripPort: number;
  readonly openencoderPort: number;
  readonly animePort: number;
  readonly animeSource?: string;
}

const ONLINE_LIMIT_MS = 30_000;
const POLL_MS = 200;

/** An event as a line for people. */
export function eventLine(event: LocalGridEvent): string {
  switch (event.event) {
    case 'waiting':
      return `waiting for process ${event.pid}, which is stopping on this folder`;
    case 'orphans_ended':
      return `ended what a killed clipgrid up left running (${event.pids.join(', ')}); no job is lost`;
    case 'starting':
      return `starting ${event.name} ...`;
    case 'died':
      return `${event.name} is gone: ${event.reason}; again in ${(event.again_ms / 1000).toFixed(1)} s`;
  }
}

/** What a person can do now. */
export function nextLines(
  grid: Pick<LocalGrid, 'folder' | 'url' | 'agentAddress' | 'tokenFile'>,
  parts: UpParts,
): string[] {
  const usual = grid.url === DEFAULT_URL;
  const at = usual ? '' : ` --url ${grid.url}`;
  const finalrip = parts.finalripPort === 0 ? [] : [`  FinalRip   port ${parts.finalripPort}`];
  const { openencoderPort = 0, animePort = 0 } = parts;
  const passwordFile = openencoderPasswordFile(grid.folder);
  const openencoder =
    openencoderPort === 0
      ? []
      : [`  Open Encoder port ${openencoderPort}, first password of admin in ${passwordFile}`];
  const anime =
    animePort === 0 ? [] : [`  Anime HLS  port ${animePort}, token in ${animeTokenFile(grid.folder)}`];
  const token =
    grid.tokenFile === undefined
      ? []
      : [
          '',
          `This grid asks for a token:  export CLIPGRID_TOKEN=$(cat ${grid.tokenFile})`,
          'For another machine, with that set:  clipgrid join-token create',
        ];
  return [
    `clipgrid is up, ${parts.online} of ${parts.agents} agents are online`,
    `  REST       ${grid.url}/api/v1`,
    `  agents     ${grid.agentAddress}`,
    ...finalrip,
    ...openencoder,
    ...anime,
    `  data       ${grid.folder}`,
    `  logs       ${grid.folder}/logs`,
    ...token,
    '',
    'Next, in another terminal:',
    `  clipgrid submit film.mkv --encode "ffmpeg -i - -c:v libx265 -crf 18" --output out.mkv${at}`,
    `  clipgrid jobs${at}`,
    '',
    'Ctrl-C stops everything; jobs are kept, and go on with the next clipgrid up.',
  ];
}

interface UpParts {
  readonly agents: number;
  readonly online: number;
  readonly finalripPort: number;
  readonly openencoderPort?: number;
  readonly animePort?: number;
}

/** Waits until as many agents are online as were started. Returns how many are. */
async function waitForAgents(context: CliContext, grid: LocalGrid, wanted: number): Promise<number> {
  const { clock, leave } = context;
  const { url, token } = grid;
  const client = createRestClient({ url, ...(token ? { token } : {}), signal: leave });
  const from = clock.monotonicMs();
  for (;;) {
    const list = await client.get<{ agents: AgentDocument[] }>('/agents').catch(() => ({ agents: [] }));
    const online = list.agents.filter((agent) => agent.state === 'online').length;
    if (online >= wanted || leave.aborted || clock.monotonicMs() - from > ONLINE_LIMIT_MS) return online;
    await clock.sleep(POLL_MS, leave);
  }
}

/** Starts a grid, tells what can be done now, and stops it when it is told to leave. */
export async function runUp(context: CliContext, options: UpOptions): Promise<void> {
  const { clock, ids, environment, leave, quit, stdout } = context;
  const tell = (document: object, lines: readonly string[]): void =>
    stdout.write(
      options.json ? `${JSON.stringify(document)}\n` : lines.map((line) => `${printable(line)}\n`).join(''),
    );
  const grid = await startLocalGrid({
    folder: resolve(options.data),
    agents: options.agents,
    ...(options.slots === undefined ? {} : { slots: options.slots }),
    httpPort: options.port,
    grpcPort: options.grpcPort,
    finalripPort: options.finalripPort,
    openencoderPort: options.openencoderPort,
    animePort: options.animePort,
    ...(options.animeSource === undefined ? {} : { animeSource: resolve(options.animeSource) }),
    environment,
    clock,
    ids,
    logger: createLogger('error', { process: 'up' }),
    signal: leave,
    stopping: () => leave.aborted,
    onEvent: (event) => tell(event, [eventLine(event)]),
  });
  const kill = (): void => {
    context.setExitCode(EXIT_CODES.interrupted.code);
    grid.kill();
  };
  quit.addEventListener('abort', kill);
  if (quit.aborted) kill();
  try {
    const online = await waitForAgents(context, grid, options.agents);
    if (!leave.aborted) {
      const { folder, url, agentAddress, tokenFile = null } = grid;
      const document = {
        event: 'ready',
        url,
        agent_address: agentAddress,
        folder,
        token_file: tokenFile,
        agents: online,
      };
      tell(document, nextLines(grid, { ...options, online }));
      await new Promise<void>((done) => leave.addEventListener('abort', () => done(), { once: true }));
    }
    tell({ event: 'stopping' }, [
      'stopping: agents finish what they can in 10 s; Ctrl-C again stops at once',
    ]);
  } finally {
    await grid.stop();
  }
  tell({ event: 'stopped' }, ['stopped; everything is kept in ' + grid.folder]);
}
