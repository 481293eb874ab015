import { Command } from 'commander';
import { EXIT_CODES } from '../shared/exit-codes.ts';
import { VERSION } from '../shared/version.ts';
import { addGlobalOptions } from './command.ts';
import { agentsCommand, drainCommand } from './commands/agents.ts';
import { certsCommand } from './commands/certs.ts';
import { doctorCommand } from './commands/doctor.ts';
import { downloadCommand } from './commands/download.ts';
import { changeCommands, jobCommand } from './commands/job.ts';
import { jobsCommand } from './commands/jobs.ts';
import { joinTokenCommand } from './commands/join-token.ts';
import { tokenCommand } from './commands/token.ts';
import { logsCommand } from './commands/logs.ts';
import { processCommands } from './commands/processes.ts';
import { submitCommand } from './commands/submit.ts';
import { topCommand } from './commands/top.ts';
import { upCommand } from './commands/up.ts';
import { versionCommand } from './commands/version.ts';
import { watchCommand } from './commands/watch.ts';
import type { CliContext } from './context.ts';

const OTHER = 'Other:';

function exitTable(): string {
  const rows = Object.values(EXIT_CODES).map(
    ({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`,
  );
  return ['Exit codes:', ...rows].join('\n');
}

const START = `Start here:
  clipgrid up                                       # a grid on this machine
  clipgrid submit film.mkv --encode "ffmpeg -i - -c:v libx265 -crf 18" --output out.mkv
  clipgrid agent --coordinator grid.lab:7070        # on another machine: it joins
  clipgrid doctor                                   # what is missing, and what to do`;

function fullName(command: Command): string {
  return command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();
}

function helpCommand(): Command {
  return new Command('help').argument('[command]').summary('show the help of a command').helpGroup(OTHER);
}

/** The whole command line. It throws `CommanderError` on wrong usage and writes to the context's outputs only. */
export function createProgram(context: CliContext): Command {
  const program = new Command('clipgrid')
    .description('makes machines encode one video together, right to the frame')
    .version(VERSION)
    .enablePositionalOptions()
    .addHelpCommand(helpCommand())
    .addHelpText('after', `\n${START}\n\n${exitTable()}\n`);
  addGlobalOptions(program, false);
  const groups: readonly (readonly [string, readonly Command[]])[] = [
    ['Run a grid:', [upCommand(context), ...processCommands(context), doctorCommand(context)]],
    ['Encode:', [submitCommand(context), watchCommand(context), downloadCommand(context)]],
    [
      'Look after it:',
      [
        topCommand(context),
        jobsCommand(context),
        jobCommand(context),
        logsCommand(context),
        ...changeCommands(context),
      ],
    ],
    [
      'Machines:',
      [agentsCommand(context), drainCommand(context), joinTokenCommand(context), certsCommand(context)],
    ],
    ['People:', [tokenCommand(context)]],
    [OTHER, [versionCommand(context)]],
  ];
  for (const [title, commands] of groups) {
    for (const command of commands) program.addCommand(command.helpGroup(title));
  }
  const inner = program.commands.flatMap((command) => command.commands);
  for (const command of [program, ...program.commands, ...inner]) {
    command.exitOverride().showHelpAfterError(`(see: ${fullName(command)} --help)`);
    command.configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      getOutHelpWidth: () => context.stdout.columns,
      getErrHelpWidth: () => context.stderr.columns,
    });
  }
  return program;
}
