import { join } from 'node:path';
import type { JobBody } from '../../support/job-body.ts';
import type { JobWatch } from '../../support/job-watch.ts';
import { frameMd5s } from '../../support/probe.ts';
import type { Processes } from '../../support/processes.ts';
import { answered } from './time.ts';

/**
 * A lossless encode that takes its time without using a core: `rate` 1 is as fast as the film is played. Without a script,
 * so that two cores are enough for many clips at once.
 */
export function paced(rate: number): string {
  return `ffmpeg -readrate ${rate} -i - -c:v libx264 -preset ultrafast -qp 0 CLIPGRID_OUTPUT.mkv`;
}

export interface Order {
  readonly uploadId: string;
  readonly rate: number;
  /** Undefined: the whole film is one clip. */
  readonly clipSeconds?: number;
}

export async function order(grid: Processes, { uploadId, rate, clipSeconds }: Order): Promise<JobWatch> {
  const clips = clipSeconds === undefined ? { mode: 'whole' } : { target_seconds: clipSeconds };
  const body = { upload_id: uploadId, encode: paced(rate), clips };
  const { job_id: jobId } = await grid.api.call<JobBody>('/jobs', body);
  return grid.api.watch(jobId);
}

/** When an agent first said that it works on that grant of a task, in milliseconds since 1970. */
export function worksOn(grid: Processes, taskId: string, epoch: number): Promise<number> {
  return answered(`attempt ${epoch} of ${taskId} begins`, async () => {
    const { rowCount } = await grid.sql.query(
      `select from tasks where task_id = $1 and epoch = $2 and phase <> ''`,
      [taskId, epoch],
    );
    return rowCount === 1 ? Date.now() : undefined;
  });
}

/** Frames of a job's result that are not those of the film, bit for bit, and those that are missing or too many. */
export async function wrongFrames(grid: Processes, jobId: string, film: string): Promise<number> {
  const path = join(grid.folder, `${jobId}.mkv`);
  await grid.api.download(jobId, path);
  const [wanted, got] = [frameMd5s(film), frameMd5s(path)];
  const wrong = wanted.filter((md5, frame) => got[frame] !== md5).length;
  return wrong + Math.max(0, got.length - wanted.length);
}

/** What became of the attempts at a job's clips. */
export interface Account {
  readonly clips: number;
  /** Clips that were committed and granted again. */
  readonly again: number;
  /** Attempts that an agent began and that came to nothing. */
  readonly interrupted: number;
  /** Grants that never reached their agent. */
  readonly unheard: number;
}

interface Attempt {
  readonly task_id: string;
  readonly epoch: number;
  readonly outcome: string;
}

export async function accountOf(grid: Processes, jobId: string): Promise<Account> {
  const { rows } = await grid.sql.query<Attempt>(
    `select t.task_id, a.epoch, a.outcome from attempts a join tasks t using (task_id)
     where t.job_id = $1 and t.kind = 'encode'`,
    [jobId],
  );
  const done = new Map(
    rows.filter((row) => row.outcome === 'succeeded').map((row) => [row.task_id, row.epoch]),
  );
  const ofNothing = rows.filter((row) => ['expired', 'failed'].includes(row.outcome));
  const abandoned = grid.agents
    .flatMap((agent) => agent.lines)
    .filter((line) => line.msg === 'task not done' && line['job'] === jobId)
    .filter((line) => done.has(String(line['task'])) && done.get(String(line['task'])) !== line['epoch']);
  return {
    clips: new Set(rows.map((row) => row.task_id)).size,
    again: rows.filter((row) => row.epoch > (done.get(row.task_id) ?? Infinity)).length,
    interrupted: Math.max(ofNothing.length, abandoned.length),
    unheard: rows.filter((row) => row.outcome === 'released').length,
  };
}
