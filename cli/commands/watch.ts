import type { Command } from 'commander';
import { allOptions, createCommand } from '../command.ts';
import { clientOf, type CliContext, type GlobalOptions } from '../context.ts';
import { endLines, followJob } from './follow.ts';

/** `clipgrid watch ID` */
export function watchCommand(context: CliContext): Command {
  return createCommand({
    name: 'watch',
    summary: 'show how a job comes along, until it has ended',
    about:
      'Ctrl-C ends the watching, not the job. With --json: one document a line, the last one has "event":"end".',
    examples: [
      { line: 'clipgrid watch 0190...', does: 'bars for clips and agents' },
      {
        line: 'clipgrid watch 0190... && clipgrid download 0190...',
        does: 'exit code 0 means that it succeeded',
      },
    ],
  })
    .argument('<id>', 'the id of a job')
    .action(async (id: string, own: GlobalOptions, command: Command) => {
      const options = allOptions(command, own);
      const job = await followJob({ context, client: clientOf(context, options), options }, id);
      if (!options.json)
        context.stdout.write(
          endLines(job)
            .map((line) => `${line}\n`)
            .join(''),
        );
    });
}
