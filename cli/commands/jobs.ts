import type { Command } from 'commander';
import { bar, secondsText } from '../bars.ts';
import { choices, wholeNumber } from '../arguments.ts';
import { allOptions, createCommand } from '../command.ts';
import { clientOf, writeResult, type CliContext } from '../context.ts';
import type { JobPage, JobSummary } from '../../client/documents.ts';
import type { RestClient } from '../../client/rest-client.ts';
import { tableLines } from '../table.ts';

const STATES = ['queued', 'indexing', 'encoding', 'merging', 'succeeded', 'failed', 'cancelled'];
const PAGE = 500;

interface JobsOptions {
  readonly state?: string;
  readonly limit: number;
  readonly all?: boolean;
}

/** Jobs of all pages, at most `limit`. */
async function listJobs(client: RestClient, state: string | undefined, limit: number): Promise<JobPage> {
  const jobs: JobSummary[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: String(Math.min(PAGE, limit - jobs.length)) });
    if (state !== undefined) query.set('state', state);
    if (cursor !== null) query.set('cursor', cursor);
    const page: JobPage = await client.get<JobPage>(`/jobs?${query}`);
    jobs.push(...page.jobs);
    cursor = page.next_cursor;
  } while (cursor !== null && jobs.length < limit);
  return { jobs, next_cursor: cursor };
}

function rowOf(job: JobSummary): string[] {
  const left = job.eta_seconds === null ? '' : `${secondsText(job.eta_seconds)} left`;
  const remark = job.failure ? job.failure.message : left;
  const clips = job.clips_total > 0 ? `${job.clips_done}/${job.clips_total}` : '-';
  return [
    job.job_id,
    job.state,
    `${bar(job.percent, 100, 10)} ${job.percent.toFixed(1)} %`,
    clips,
    job.name,
    remark,
  ];
}

/** `clipgrid jobs` */
export function jobsCommand(context: CliContext): Command {
  return createCommand({
    name: 'jobs',
    summary: 'list jobs, newest first',
    examples: [
      { line: 'clipgrid jobs', does: 'the newest 20' },
      { line: 'clipgrid jobs --state encoding,merging', does: 'those at work' },
      { line: 'clipgrid jobs --all --json | jq -r ".jobs[].job_id"', does: 'every id' },
    ],
  })
    .option('--state <states>', `only these, with commas between: ${STATES.join(', ')}`, choices(STATES))
    .option('--limit <n>', 'at most so many', wholeNumber(1, 1_000_000), 20)
    .option('--all', 'all of them')
    .action(async (own: JobsOptions, command: Command) => {
      const options = allOptions(command, own);
      const limit = options.all ? Infinity : options.limit;
      const page = await listJobs(clientOf(context, options), options.state, limit);
      const head = ['JOB', 'STATE', 'PROGRESS', 'CLIPS', 'NAME', ''];
      const more = page.next_cursor === null ? [] : ['there are more: --limit N, or --all'];
      const lines =
        page.jobs.length === 0 ? ['no jobs'] : [...tableLines(head, page.jobs.map(rowOf)), ...more];
      writeResult(context, options, { document: page, lines });
    });
}
