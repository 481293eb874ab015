import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { plainFilm } from '../../support/films.ts';
import { Processes } from '../../support/processes.ts';
import { slowScript } from '../../support/scripts.ts';

const SECONDS = 90;
const FRAMES = SECONDS * 25;
/**
 * No faster than 50 frames a second, 45 s in all: how far a death is from the last part does not hang on the machine. At
 * worst that is the 5 s of film of a cluster that ffmpeg has not written yet, and 3.5 s between two parts: 13 %.
 */
const SCRIPT = slowScript('CLIPGRID_SOURCE', 0.02);
const ENCODE = 'ffmpeg -i - -c:v libx264 -preset ultrafast -qp 0 -g 24 CLIPGRID_OUTPUT.mkv';

let grid: Processes;
beforeAll(async () => {
  grid = await Processes.start({ agents: 2 });
});
afterAll(() => grid.close());

/** A digest of each frame, as shown. */
function pictures(path: string): string[] {
  const args = ['-v', 'error', '-i', path, '-map', '0:v', '-vsync', 'passthrough', '-f', 'framemd5', '-'];
  const lines = execFileSync('ffmpeg', args, { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => /^\d/.test(line)).map((line) => line.split(',').at(-1)!.trim());
}

interface Granted {
  readonly kind: string;
  readonly epoch: number;
  readonly saved: number;
}

test(
  'an agent killed at 80 % of a clip costs 35 % of its frames at most, and the result is frame-exact',
  { timeout: 240_000 },
  async () => {
    const film = plainFilm(grid.folder, SECONDS);
    const watch = await grid.api.submit(film, { script: SCRIPT, encode: ENCODE, clips: { mode: 'whole' } });
    expect(await grid.api.job(watch.jobId)).toMatchObject({ salvage: 'yes' });
    const task = await watch.until('80 % of the clip are encoded', ({ job }) =>
      job?.tasks.find((one) => one.kind === 'encode' && one.frames_done >= 0.8 * FRAMES),
    );
    expect(task.frames_done).toBeLessThan(FRAMES);
    await grid.agent(task.agent ?? '').kill();

    const ended = await watch.ended();
    expect(ended.failure).toBeNull();
    const { rows } = await grid.sql.query<{ data: Granted }>(
      `select data from events where job_id = $1 and type = 'task.granted' order by sequence`,
      [watch.jobId],
    );
    const grants = rows.map((row) => row.data).filter((data) => data.kind === 'encode');
    expect(grants.map((one) => one.epoch)).toEqual([1, 2]);
    expect(grants[0]!.saved).toBe(0);
    // All that the second encoder was given.
    expect(FRAMES - grants[1]!.saved).toBeLessThanOrEqual(0.35 * FRAMES);
    const attempts = await grid.attempts(watch.jobId);
    const outcomes = attempts.filter((one) => one.kind === 'encode').map((one) => one.outcome);
    expect(outcomes).toEqual(['expired', 'succeeded']);

    const result = join(grid.folder, 'result.mkv');
    await grid.api.download(watch.jobId, result);
    const [shown, wanted] = [pictures(result), pictures(film)];
    expect(wanted).toHaveLength(FRAMES);
    expect(shown).toEqual(wanted);
  },
);
