import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AnimeClient } from './anime-client.ts';
import { freePorts } from './ports.ts';
import { startShippedGrid } from './shipped-grid.ts';

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
  const [port] = await freePorts(1);
  const grid = await startShippedGrid({
    name: 'anime',
    agents: options.agents ?? 1,
    async environment({ folder }) {
      await mkdir(sourcesOf(folder));
      return {
        CLIPGRID_ANIME_PORT: String(port),
        AUTHORIZED_TOKENS: JSON.stringify(['another', ANIME_TOKEN]),
        ANIME_SRC_ROOT_DIR: sourcesOf(folder),
        CLIPGRID_ANIME_LADDER: '96p,48p',
        ...options.environment,
      };
    },
  });
  const sources = sourcesOf(grid.folder);
  const url = `http://127.0.0.1:${port}`;
  return {
    ...grid,
    sources,
    url,
    client: new AnimeClient(url, ANIME_TOKEN),
    /** Makes a film below the source root. */
    async source(name: string, look: SourceLook): Promise<string> {
      await mkdir(dirname(join(sources, name)), { recursive: true });
      makeSource(join(sources, name), look);
      return join(sources, name);
    },
  };
}

const sourcesOf = (folder: string): string => join(folder, 'sources');

export type AnimeGrid = Awaited<ReturnType<typeof startAnimeGrid>>;
