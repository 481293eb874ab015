import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { planLadder, type RenditionPlan } from '../../../coordinator/dialects/anime/keys.ts';
import { encoderArgv, filterChain } from '../../../coordinator/dialects/anime/picture.ts';
import { playlistName } from '../../../coordinator/dialects/anime/paths.ts';
import { HLS_SEGMENT_S } from '../../../coordinator/dialects/anime/playlists.ts';
import { sourceFacts, type SourceFacts } from '../../../coordinator/dialects/anime/probe.ts';
import { assert } from '../../../shared/errors.ts';
import { AnimeClient } from '../../support/anime-client.ts';
import type { BenchContext, Measurement, Row } from '../measurement.ts';
import { costOf, type Cost } from '../support/cost.ts';
import { ffmpegCost } from '../support/ffmpeg.ts';
import { loopedFilm } from '../support/film.ts';
import { freePort } from '../support/process.ts';
import { videoBytes } from '../support/quality.ts';
import { startRealGrid } from '../support/real-grid.ts';
import { median } from '../support/stats.ts';

const KEYS = ['720p', '480p', '360p', '240p'] as const;
const TOKEN = 'bench';
/** Asked no oftener than a user's program does: each answer costs processor time, which is measured here. */
const WAITING = { withinMs: 3_600_000, everyMs: 500 };
/** Only `_uspp` keys have it. */
const NO_DEBLOCKING = { deblocking: 'spp', qp: 8 } as const;

function factsOf(film: string): SourceFacts {
  const args = ['-v', 'error', '-of', 'json', '-show_streams', '-show_format', film];
  return sourceFacts(execFileSync('ffprobe', args).toString());
}

/** The words of the dialect's own command from the pixel format to the last option, for an output that ffmpeg cuts itself. */
function encoderWords(): string[] {
  const argv = encoderArgv();
  const [from, borders] = [argv.indexOf('-pix_fmt'), argv.indexOf('CLIPGRID_KEY_FRAMES')];
  assert(from > 0 && borders > from, 'the command of a rendition has a pixel format and borders');
  return argv.with(borders, `expr:gte(t,n_forced*${HLS_SEGMENT_S})`).slice(from, -1);
}

/** Arguments for one run of ffmpeg that decodes a film once and makes all renditions of it, each a playlist in `folder`. */
function ladderArgs(
  film: string,
  folder: string,
  { plans, facts }: { plans: readonly RenditionPlan[]; facts: SourceFacts },
): string[] {
  const split = `[0:v:0]split=${plans.length}${plans.map((_, i) => `[s${i}]`).join('')}`;
  const chains = plans.map(
    (plan, i) => `[s${i}]${filterChain(plan, facts.picture, NO_DEBLOCKING).join(',')}[v${i}]`,
  );
  const outputs = plans.flatMap(({ key }, i) => {
    const streams = ['-map', `[v${i}]`, ...encoderWords(), '-map', '0:a', '-c:a', 'copy'];
    const hls = ['-f', 'hls', '-hls_time', String(HLS_SEGMENT_S), '-hls_playlist_type', 'vod'];
    const names = ['-hls_segment_filename', join(folder, `${key.text}-%04d.ts`)];
    // No frame is doubled or left out, as in the grid.
    return [...streams, '-vsync', 'passthrough', ...hls, ...names, join(folder, `${key.text}.m3u8`)];
  });
  return ['-i', film, '-filter_complex', [split, ...chains].join(';'), ...outputs];
}

/** Bytes of the video of all playlists together; throws unless each has so many frames. */
function sizeOf(playlists: readonly string[], frames: number): number {
  const found = playlists.map(videoBytes);
  const wrong = found.findIndex((one) => one.frames !== frames);
  if (wrong >= 0) throw new Error(`${playlists[wrong]} has ${found[wrong]?.frames} of ${frames} frames`);
  return found.reduce((sum, one) => sum + one.bytes, 0);
}

async function run(context: BenchContext): Promise<Row[]> {
  const folders = { sources: join(context.folder, 'ladder-sources'), single: join(context.folder, 'single') };
  for (const folder of Object.values(folders)) await mkdir(folder);
  const film = loopedFilm(join(folders.sources, 'film.mkv'), context.quick ? 3 : 60);
  const { frames } = videoBytes(film);
  const facts = factsOf(film);
  assert(
    facts.sounds.every((sound) => sound.isPlainAac),
    'both carry the sound as it is',
  );
  const plans = planLadder(KEYS, facts.picture, 'lanczos');
  const port = await freePort();
  const grid = await startRealGrid(context, {
    name: 'ladder',
    agents: [undefined],
    environment: {
      CLIPGRID_ANIME_PORT: String(port),
      CLIPGRID_ANIME_TOKENS: JSON.stringify([TOKEN]),
      CLIPGRID_ANIME_SRC: folders.sources,
      CLIPGRID_ANIME_LADDER: KEYS.join(','),
    },
  });
  const client = new AnimeClient(`http://127.0.0.1:${port}`, TOKEN);
  const costs = { single: [] as Cost[], grid: [] as Cost[] };
  const bytes = { single: 0, grid: 0 };
  try {
    for (let round = 0; round < (context.quick ? 1 : 3); round++) {
      const request = { src_path: 'film.mkv', dst_path: `round-${round}` };
      costs.grid.push(await costOf(async () => client.succeeded(await client.create(request), WAITING)));
      const names = plans.map(({ key }) => playlistName(key));
      bytes.grid = sizeOf(
        names.map((name) => `${client.url}/${request.dst_path}/${name}`),
        frames,
      );
      costs.single.push(await ffmpegCost(ladderArgs(film, folders.single, { plans, facts })));
      bytes.single = sizeOf(
        KEYS.map((key) => join(folders.single, `${key}.m3u8`)),
        frames,
      );
    }
  } finally {
    await grid.stop();
  }
  return rowsOf(costs, bytes);
}

function rowsOf(
  costs: { readonly single: readonly Cost[]; readonly grid: readonly Cost[] },
  bytes: { readonly single: number; readonly grid: number },
): Row[] {
  const times = (list: readonly Cost[]): string => list.map(({ seconds }) => seconds.toFixed(1)).join(', ');
  const ratio = (of: (cost: Cost) => number): number =>
    median(costs.grid.map(of)) / median(costs.single.map(of));
  return [
    {
      what: 'wall time of the grid, of one ffmpeg run that decodes once',
      value: ratio((cost) => cost.seconds),
      unit: 'x',
      target: { atMost: 1.1 },
      note: `create to success, one agent with its default slots: ${times(costs.grid)} s; ffmpeg, with as many threads as it takes by itself: ${times(costs.single)} s; 720p, as two cores need minutes for it already`,
    },
    {
      what: 'processor time of the grid, of the same',
      value: ratio((cost) => cost.cpuSeconds),
      unit: 'x',
      note: 'each of the whole machine, PostgreSQL and sandboxes with it',
    },
    {
      what: 'size of the video of all renditions, of the same',
      value: bytes.grid / bytes.single,
      unit: 'x',
      note: `${bytes.grid} bytes, ${bytes.single} bytes, with as many frames in each rendition`,
    },
  ];
}

export const ladder: Measurement = {
  name: 'ladder',
  about: `a film of 60 s, 720p, as an HLS ladder of ${KEYS.join(', ')} (x264 -preset slow): one agent on this machine, by the API, against one ffmpeg`,
  run,
};
