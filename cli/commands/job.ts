import type { Command } from 'commander';
import { bytesText, jobLine, taskLine } from '../bars.ts';
import { allOptions, createCommand } from '../command.ts';
import { clientOf, writeResult, type CliContext, type GlobalOptions } from '../context.ts';
import type { JobDocument, JobSummary } from '../../client/documents.ts';
import { printable } from '../terminal.ts';

/** The path of a job, whatever text its id is. */
export function jobPath(id: string): string {
  return `/jobs/${encodeURIComponent(id)}`;
}

/** Why a job failed, with the tool's last lines. */
export function failureLines(failure: JobSummary['failure']): string[] {
  if (failure === null) return [];
  const where = failure.clip_index === null ? failure.stage : `${failure.stage}, clip ${failure.clip_index}`;
  const log =
    failure.log.trim() === ''
      ? []
      : failure.log
          .trim()
          .split('\n')
          .map((line) => `    ${printable(line)}`);
  return [`failed in ${where}: ${printable(failure.message)} (${failure.code})`, ...log];
}

/** What is to be done: scripts and parts of clips are matters of films only. */
function workLines({ shape, encode, script, salvage }: JobDocument): string[] {
  const command = encode === '' ? [] : [`  encode   ${printable(encode)}`];
  if (shape !== 'film') return [`  shape    ${shape}`, ...command];
  const lines = script === '' ? 'none: the film goes through as it is' : `${script.split('\n').length} lines`;
  return [...command, `  script   ${lines}`, `  salvage  ${printable(salvage)}`];
}

/** Everything about one job, for people. */
function detailLines(job: JobDocument): string[] {
  const result = job.result;
  return [
    printable(jobLine(job)),
    `  id       ${job.job_id}`,
    ...workLines(job),
    ...Object.entries(job.dialect_details ?? {}).map(
      ([name, value]) => `  ${job.dialect} ${printable(name)}: ${printable(value)}`,
    ),
    `  created  ${job.created_at}${job.finished_at === null ? '' : `, ended ${job.finished_at}`}`,
    ...(result ? [`  result   ${bytesText(result.size_bytes)}, SHA-256 ${result.sha256}`] : []),
    ...(job.waiting ? [`  waiting  ${printable(job.waiting)}`] : []),
    ...failureLines(job.failure),
    ...job.tasks.map((task) => printable(taskLine(task))),
  ];
}

/** `clipgrid job ID` */
export function jobCommand(context: CliContext): Command {
  return createCommand({
    name: 'job',
    summary: 'show one job with its tasks, and why it waits or failed',
    examples: [
      { line: 'clipgrid job 0190...', does: 'everything about it' },
      { line: 'clipgrid job 0190... --json | jq .failure.log', does: "the tool's last lines" },
    ],
  })
    .argument('<id>', 'the id of a job')
    .action(async (id: string, own: GlobalOptions, command: Command) => {
      const options = allOptions(command, own);
      const job = await clientOf(context, options).get<JobDocument>(jobPath(id));
      writeResult(context, options, { document: job, lines: detailLines(job) });
    });
}

interface Change {
  readonly name: 'cancel' | 'retry' | 'delete';
  readonly summary: string;
  readonly about: string;
  readonly does: string;
}

const CHANGES: readonly Change[] = [
  {
    name: 'cancel',
    summary: 'end jobs that have not ended',
    about: 'Agents stop what they do for it at once. `clipgrid retry` goes on with it later.',
    does: 'stop it',
  },
  {
    name: 'retry',
    summary: 'go on with failed or cancelled jobs',
    about: 'Clips that are done stay done.',
    does: 'do what is missing',
  },
  {
    name: 'delete',
    summary: 'remove jobs with their results',
    about: 'A job that is at work must be cancelled first.',
    does: 'remove it for good',
  },
];

/** `clipgrid cancel`, `retry` and `delete`: the same for one job or many. The first error ends it. */
export function changeCommands(context: CliContext): Command[] {
  return CHANGES.map(({ name, summary, about, does }) =>
    createCommand({
      name,
      summary,
      about,
      examples: [
        { line: `clipgrid ${name} 0190...`, does },
        { line: `clipgrid ${name} 0190... 0191...`, does: 'several at once' },
      ],
    })
      .argument('<ids...>', 'ids of jobs')
      .action(async (ids: string[], own: GlobalOptions, command: Command) => {
        const options = allOptions(command, own);
        const client = clientOf(context, options);
        const jobs: unknown[] = [];
        const lines: string[] = [];
        for (const id of ids) {
          if (name === 'delete') {
            await client.remove(jobPath(id));
            jobs.push({ job_id: id, deleted: true });
            lines.push(`${id} deleted`);
          } else {
            const job = await client.post<JobSummary>(`${jobPath(id)}/${name}`);
            jobs.push(job);
            lines.push(`${id} ${job.state}`);
          }
        }
        writeResult(context, options, { document: { jobs }, lines });
      }),
  );
}
