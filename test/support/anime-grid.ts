import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { runAgent } from '../../agent/agent.ts';
import { startCoordinator } from '../../coordinator/coordinator.ts';
import { readSettings } from '../../coordinator/settings.ts';
import { systemClock } from '../../shared/clock.ts';
import { systemIds } from '../../shared/ids.ts';
import { createLogger } from '../../shared/logger.ts';
import { AnimeClient } from './anime-client.ts';
import { lightTools, NO_VAPOURSYNTH } from './light-tools.ts';
import { freePorts } from './ports.ts';
import { createTestDatabase } from './postgres.ts';

/** For tests in which real tools run: the machine may be busy. */
export const LADDER_MS = 180_000;
export const ANIME_TOKEN = '12345678';

export interface SourceLook {
  readonly seconds: number;
  readonly size?: string;
  /** Frames a second. */
  readonly rate?: number;
  /** Arguments of ffmpeg for the sound; empty: none. */
  readonly sound?: readonly string[];
}

/** A film with H.264 and AAC, a keyframe every two seconds. */
export function makeSource(path: string, look: SourceLook): void {
  const { seconds, size = '128x72', rate = 24, sound = ['-c:a', 'aac', '-ar', '44100'] } = look;
  const video = ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}:duration=${seconds}`];
  const audio = ['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=44100:duration=${seconds}`];
  const inputs = sound.length === 0 ? video : [...video, ...audio];
  const codecs = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', String(2 * rate), '-pix_fmt', 'yuv420p'];
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...inputs, ...codecs, ...sound, path]);
}

export interface AnimeGridOptions {
  readonly agents?: number;
  /** Further settings, as in the environment of `clipgrid coordinator`. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A coordinator as it is shipped, with the ladder's port, a folder of sources, and real agents; all in this process. */
export async function startAnimeGrid(options: AnimeGridOptions = {}) {
  const clock = systemClock;
  const ids = systemIds(() => clock.wallMs());
  const logger = createLogger(process.env['TEST_LOG'] ?? 'silent');
  const folder = await mkdtemp(join(tmpdir(), 'clipgrid-anime-'));
  const sources = join(folder, 'sources');
  await mkdir(sources);
  const database = await createTestDatabase();
  const [http = 0, grpc = 0, port = 0] = await freePorts(3);
  const environment = {
    DATABASE_URL: database.url,
    CLIPGRID_HTTP_PORT: String(http),
    CLIPGRID_GRPC_PORT: String(grpc),
    CLIPGRID_FINALRIP_PORT: '0',
    CLIPGRID_ANIME_PORT: String(port),
    CLIPGRID_DATA: join(folder, 'data'),
    AUTHORIZED_TOKENS: JSON.stringify(['another', ANIME_TOKEN]),
    ANIME_SRC_ROOT_DIR: sources,
    CLIPGRID_ANIME_LADDER: '96p,48p',
    ...options.environment,
  };
  const start = () => startCoordinator({ settings: readSettings(environment), clock, ids, logger });
  let coordinator = await start();

  const path = lightTools(folder);
  const agents: { quit: AbortController; done: Promise<void> }[] = [];
  /** `tools`: a folder whose programs come before those of the machine. */
  function addAgent({ tools }: { tools?: string } = {}): void {
    const quit = new AbortController();
    const number = agents.length;
    const config = {
      coordinator: `127.0.0.1:${coordinator.grpcPort}`,
      name: `agent-${number}`,
      slots: 1,
      dataDir: join(folder, `agent-${number}`),
      searchPath: tools === undefined ? path : `${tools}:${path}`,
      vapourSynthFile: NO_VAPOURSYNTH,
      drainDeadlineMs: 1_000,
      version: 'test',
    };
    const leave = new AbortController().signal;
    const done = runAgent({ config, clock, ids, logger, leave, quit: quit.signal });
    agents.push({ quit, done });
  }
  for (let i = 0; i < (options.agents ?? 1); i++) addAgent();

  const url = `http://127.0.0.1:${port}`;
  return {
    folder,
    sources,
    url,
    mainUrl: `http://127.0.0.1:${http}`,
    client: new AnimeClient(url, ANIME_TOKEN),
    addAgent,
    /** Makes a film below the source root. */
    async source(name: string, look: SourceLook): Promise<string> {
      await mkdir(dirname(join(sources, name)), { recursive: true });
      makeSource(join(sources, name), look);
      return join(sources, name);
    },
    /** Stops the coordinator and starts another one on the same ports. */
    async restart(): Promise<void> {
      await coordinator.stop();
      coordinator = await start();
    },
    /** Into the database, behind the API's back. */
    async query(text: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
      const connection = new pg.Client({ connectionString: database.url });
      await connection.connect();
      try {
        return (await connection.query<Record<string, unknown>>(text, [...values])).rows;
      } finally {
        await connection.end();
      }
    },
    async close(): Promise<void> {
      for (const agent of agents) agent.quit.abort();
      await Promise.allSettled(agents.map((agent) => agent.done));
      await coordinator.stop();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type AnimeGrid = Awaited<ReturnType<typeof startAnimeGrid>>;
