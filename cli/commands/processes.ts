import { Command } from 'commander';
import type { CliContext } from '../context.ts';

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
  return (['coordinator', 'agent'] as const).map((name) =>
    new Command(name)
      .summary(SUMMARIES[name])
      .helpOption(false)
      .allowUnknownOption()
      .passThroughOptions()
      .argument('[arguments...]')
      .action(async (given: string[]) => {
        context.releaseSignals();
        process.argv.splice(2, Infinity, ...given);
        await MAINS[name]();
      }),
  );
}
