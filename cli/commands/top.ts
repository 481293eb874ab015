import type { Command } from 'commander';
import { EXIT_CODES } from '../../shared/exit-codes.ts';
import { allOptions, createCommand } from '../command.ts';
import { clientOf, writeResult, type CliContext, type GlobalOptions } from '../context.ts';
import { plainLines } from '../top/frame.ts';
import { sortedAgents, sortedJobs } from '../top/model.ts';
import { runTop } from '../top/run-top.ts';
import { readModel } from '../top/source.ts';
import { START } from '../top/state.ts';

interface TopOptions extends GlobalOptions {
  readonly once?: boolean;
}

/** `clipgrid top` */
export function topCommand(context: CliContext): Command {
  return createCommand({
    name: 'top',
    summary: 'watch jobs and agents on one screen, live',
    about:
      'j and k move, tab turns from jobs to agents, c cancels a job after a question, d drains an agent, ? helps, q leaves. Where there is no terminal it is written once.',
    examples: [
      { line: 'clipgrid top', does: 'until q or Ctrl-C' },
      { line: 'clipgrid top --once', does: 'as it is now' },
      { line: 'clipgrid top --json | jq ".agents[] | select(.paused)"', does: 'once, for programs' },
    ],
  })
    .option('--once', 'write it once, and end')
    .action(async (own: TopOptions, command: Command) => {
      const options = allOptions(command, own);
      const client = clientOf(context, options);
      const { tty, clock, ids, leave, stdout } = context;
      if (tty === undefined || options.once || options.json) {
        const model = await readModel(client);
        const document = { grid: model.grid, jobs: sortedJobs(model), agents: sortedAgents(model) };
        const lines = plainLines({ ...START, model, isLive: true }, stdout.columns);
        return writeResult(context, options, { document, lines });
      }
      const isInterrupted = await runTop({ tty, client, clock, ids, leave });
      if (isInterrupted) context.setExitCode(EXIT_CODES.interrupted.code);
    });
}
