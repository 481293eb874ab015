import { resolve } from 'node:path';
import type { Command } from 'commander';
import { words } from '../arguments.ts';
import { allOptions, createCommand } from '../command.ts';
import { clientOf, writeResult, type CliContext } from '../context.ts';
import type { JobSummary } from '../../client/documents.ts';
import { fetchResult } from './follow.ts';
import { jobPath } from './job.ts';

/** `film.mkv` and a Matroska result: `film-encoded.mkv`. A name from elsewhere is never a path. */
export function defaultOutput(job: Pick<JobSummary, 'name' | 'container'>): string {
  const base = job.name
    .replace(/[/\\\p{Cc}]/gu, '_')
    .replace(/\.[^.]{1,5}$/, '')
    .replace(/^[.-]+/, '');
  return `${base || 'result'}-encoded.${job.container === 'mp4' ? 'mp4' : 'mkv'}`;
}

/** `clipgrid download ID` */
export function downloadCommand(context: CliContext): Command {
  return createCommand({
    name: 'download',
    summary: "fetch a job's result, and check its size and SHA-256",
    about:
      'Called again after a break it goes on where it was. The file gets its name only when all of it is there and right.',
    examples: [
      { line: 'clipgrid download 0190...', does: "into this folder, named after the job's film" },
      { line: 'clipgrid download 0190... -o out.mkv', does: 'a name of your own' },
    ],
  })
    .argument('<id>', 'the id of a job')
    .option('-o, --output <file>', 'where to', words)
    .action(async (id: string, own: { output?: string }, command: Command) => {
      const options = allOptions(command, own);
      const client = clientOf(context, options);
      const job = await client.get<JobSummary>(jobPath(id));
      const output = resolve(options.output ?? defaultOutput(job));
      await fetchResult({ context, client, options }, job, output);
      writeResult(context, options, {
        document: { job_id: id, path: output, ...job.result },
        lines: [output],
      });
    });
}
