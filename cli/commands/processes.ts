import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { localAgentCommands } from './local-agent.ts';

/** What runs in this very process; its own `main.ts` reads the arguments, so that there is one help and one behaviour. */
const MAINS = {
  coordinator: () => import('../../coordinator/main.ts'),
  agent: () => import('../../agent/main.ts'),
} as const;

const SUMMARIES = {
  coordinator: 'serve REST and gRPC over a PostgreSQL and an object store',
  agent: 'work for a grid: one command, outbound only',
} as const;

/** `clipgrid coordinator` and `clipgrid agent`: become that process. */
export function processCommands(context: CliContext): Command[] {
  const commands = (['coordinator', 'agent'] as const).map((name) =>
    new Command(name)
      .summary(SUMMARIES[name])
      .helpOption(false)
      .helpCommand(false)
      .allowUnknownOption()
      .passThroughOptions()
      .argument('[arguments...]')
      .action(async (given: string[]) => {
        context.releaseSignals();
        process.argv.splice(2, Infinity, ...given);
        await MAINS[name]();
      }),
  );
  for (const command of localAgentCommands(context)) commands[1]?.addCommand(command);
  return commands;
}
