import { join } from 'node:path';
import type { BenchContext, Measurement, Row } from '../measurement.ts';
import { costOf, type Cost } from '../support/cost.ts';
import { ffmpegCost } from '../support/ffmpeg.ts';
import { loopedFilm } from '../support/film.ts';
import { bytesAtSsim, ssim, videoBytes, type QualityPoint } from '../support/quality.ts';
import { startRealGrid } from '../support/real-grid.ts';
import { median } from '../support/stats.ts';

const CRF = 20;
/** ffmpeg's own choice, and what a person would try. */
const THREADS = [undefined, 1, 2, 3, 4] as const;
type Threads = (typeof THREADS)[number];

function x264(crf: number): string[] {
  return ['-c:v', 'libx264', '-preset', 'medium', '-crf', String(crf)];
}

/** One ffmpeg, the whole film: what a person would do without a grid. */
function single(
  film: string,
  output: string,
  { crf, threads }: { crf: number; threads: Threads },
): Promise<Cost> {
  const args = ['-i', film, '-map', '0', ...x264(crf), '-c:a', 'copy'];
  if (threads !== undefined) args.push('-threads', String(threads));
  return ffmpegCost([...args, output]);
}

async function bestThreads(film: string, context: BenchContext): Promise<{ threads: Threads; note: string }> {
  const tries: { threads: Threads; seconds: number }[] = [];
  for (const threads of context.quick ? THREADS.slice(0, 1) : THREADS) {
    const { seconds } = await single(film, join(context.folder, 'try.mkv'), { crf: CRF, threads });
    tries.push({ threads, seconds });
  }
  const best = tries.reduce((a, b) => (b.seconds < a.seconds ? b : a));
  const all = tries.map(({ threads, seconds }) => `${threads ?? 'auto'}: ${seconds.toFixed(1)} s`);
  return { threads: best.threads, note: `single ffmpeg by -threads ${all.join(', ')}` };
}

async function run(context: BenchContext): Promise<Row[]> {
  const film = loopedFilm(join(context.folder, 'encode.mkv'), context.quick ? 20 : 60);
  const { threads, note } = await bestThreads(film, context);
  const paths = { single: join(context.folder, 'single.mkv'), grid: join(context.folder, 'grid.mkv') };
  const grid = await startRealGrid(context, { name: 'encode', agents: [undefined] });
  const costs = { single: [] as Cost[], grid: [] as Cost[] };
  let clips = 0;
  try {
    const uploadId = await grid.upload(film);
    for (let round = 0; round < (context.quick ? 1 : 3); round++) {
      const command = ['ffmpeg', '-i', '-', ...x264(CRF), 'CLIPGRID_OUTPUT.mkv'].join(' ');
      const { result: job, ...cost } = await costOf(() => grid.encode(uploadId, command));
      costs.grid.push(cost);
      clips = job.clips_total;
      await grid.download(job, paths.grid);
      costs.single.push(await single(film, paths.single, { crf: CRF, threads }));
    }
  } finally {
    await grid.stop();
  }
  context.say('measuring SSIM');
  const quality = (path: string): QualityPoint => ({ ssim: ssim(path, film), bytes: videoBytes(path).bytes });
  const ours = quality(paths.grid);
  const theirs = quality(paths.single);
  // The other end of the interpolation: one step of CRF on the side where the grid's SSIM lies.
  const beside = join(context.folder, 'beside.mkv');
  await single(film, beside, { crf: ours.ssim < theirs.ssim ? CRF + 1 : CRF - 1, threads });
  const equal = bytesAtSsim(ours.ssim, [theirs, quality(beside)]);
  const [frames, wanted] = [videoBytes(paths.grid).frames, videoBytes(film).frames];
  if (frames !== wanted) throw new Error(`the grid's result has ${frames} of ${wanted} frames`);
  const seconds = {
    grid: costs.grid.map((one) => one.seconds),
    single: costs.single.map((one) => one.seconds),
  };
  const times = (list: readonly number[]): string => list.map((value) => value.toFixed(1)).join(', ');
  return [
    {
      what: 'wall time of the grid, of the best single ffmpeg run',
      value: median(seconds.grid) / median(seconds.single),
      unit: 'x',
      target: { atMost: 1.1 },
      note: `submit to success, ${clips} clips, one agent with its default slots: ${times(seconds.grid)} s; single: ${times(seconds.single)} s; ${note}`,
    },
    {
      what: 'processor time of the grid, of the same',
      value:
        median(costs.grid.map((one) => one.cpuSeconds)) / median(costs.single.map((one) => one.cpuSeconds)),
      unit: 'x',
      note: 'each of the whole machine, PostgreSQL and sandboxes with it',
    },
    {
      what: 'size of the video at equal SSIM, of the same',
      value: ours.bytes / equal,
      unit: 'x',
      target: { atMost: 1.02 },
      note: `${ours.bytes} bytes, SSIM ${ours.ssim}; single: ${theirs.bytes} bytes, SSIM ${theirs.ssim}, interpolated to ${Math.round(equal)} bytes`,
    },
  ];
}

export const encode: Measurement = {
  name: 'encode',
  about: `a film of 60 s, 720p, x264 -preset medium -crf ${CRF}: one agent on this machine against one ffmpeg`,
  run,
};
