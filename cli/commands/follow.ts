import { EXIT_CODES } from '../../shared/exit-codes.ts';
import { createProgressView } from '../progress-view.ts';
import { createTransferView } from '../transfer-view.ts';
import { downloadResult } from '../../client/download-result.ts';
import type { CliContext, GlobalOptions } from '../context.ts';
import type { JobDocument, JobSummary } from '../../client/documents.ts';
import type { RestClient } from '../../client/rest-client.ts';
import { watchJob } from '../../client/watch-job.ts';
import { say } from '../context.ts';
import { failureLines } from './job.ts';

/** What following a job needs. */
export interface Follow {
  readonly context: CliContext;
  readonly client: RestClient;
  readonly options: GlobalOptions;
}

/** With --json, one document a line: `{"event":"progress",...}`, then `end`, then perhaps `downloaded`. */
export function writeEvent({ context, options }: Follow, event: string, fields: object): void {
  if (options.json) context.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
}

/** Shows a job until it has ended; anything but success sets the exit code. */
export async function followJob(follow: Follow, jobId: string): Promise<JobDocument> {
  const { context, client, options } = follow;
  const { clock, ids, leave: signal } = context;
  const view = options.json ? undefined : createProgressView(context.stderr);
  try {
    const job = await watchJob(jobId, {
      client,
      clock,
      ids,
      signal,
      onUpdate(state) {
        view?.show(state);
        writeEvent(follow, 'progress', { job: state });
      },
      onLost: (reason) => view?.note(`${reason}; asking again`),
    });
    writeEvent(follow, 'end', { job });
    if (job.state !== 'succeeded') context.setExitCode(EXIT_CODES.failed.code);
    return job;
  } catch (thrown) {
    if (signal.aborted) view?.note(`the job goes on: clipgrid watch ${jobId}, or clipgrid cancel ${jobId}`);
    throw thrown;
  } finally {
    view?.end();
  }
}

/** How it ended, for people. */
export function endLines(job: JobDocument): string[] {
  const next = job.state === 'succeeded' ? [] : [...failureLines(job.failure)];
  return [`job ${job.job_id} ${job.state}`, ...next];
}

/** Downloads a result with a bar. */
export async function fetchResult(follow: Follow, job: JobSummary, output: string): Promise<void> {
  const { context, client, options } = follow;
  const { clock, ids, leave: signal } = context;
  const view = options.json ? undefined : createTransferView(context.stderr, clock, `downloading ${output}`);
  try {
    await downloadResult(job, {
      client,
      output,
      clock,
      ids,
      signal,
      onBytes: (done, total) => view?.show(done, total),
      onNote: (line) => view?.note(line),
    });
  } catch (thrown) {
    if (signal.aborted) say(context, options, `to go on: clipgrid download ${job.job_id} -o ${output}`);
    throw thrown;
  } finally {
    view?.end();
  }
}
