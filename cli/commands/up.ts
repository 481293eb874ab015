import type { Command } from 'commander';
import { port, wholeNumber, words } from '../arguments.ts';
import { allOptions, createCommand } from '../command.ts';
import type { CliContext } from '../context.ts';
import type { UpOptions } from '../up/run-up.ts';

/** `clipgrid up` */
export function upCommand(context: CliContext): Command {
  return createCommand({
    name: 'up',
    summary: 'a whole grid on this machine: PostgreSQL, coordinator, agents',
    about: `All data is in one folder. What dies is started again; after a kill -9, of this or of any part, the next start goes on with
every job. To let other machines join, set CLIPGRID_HOST=0.0.0.0 and CLIPGRID_PUBLIC_URL=http://THIS-MACHINE:7000; the grid
then asks for a token, which is in FOLDER/admin-token, and lets machines in by clipgrid join-token create.`,
    examples: [
      { line: 'clipgrid up', does: 'one agent, data in .clipgrid/up' },
      { line: 'clipgrid up --agents 2 --slots 1', does: 'two agents, one task at a time each' },
      { line: 'clipgrid up --data /srv/grid --port 80 --finalrip-port 0', does: 'other places' },
      { line: 'clipgrid up --anime-port 5000 --anime-source /srv/films', does: 'the HLS ladder, too' },
    ],
  })
    .option('--data <folder>', 'everything that is kept', words, '.clipgrid/up')
    .option('--agents <n>', 'how many local agents', wholeNumber(0, 64), 1)
    .option('--slots <n>', 'tasks at once of each agent (default: half of the cores)', wholeNumber(1, 256))
    .option('--port <port>', 'REST and dashboard', port(1), 7000)
    .option('--grpc-port <port>', 'agents', port(1), 7070)
    .option('--finalrip-port <port>', "FinalRip's clients; 0: off", port(0), 8848)
    .option(
      '--openencoder-port <port>',
      "Open Encoder's dashboard and scripts, usually 8080; 0: off",
      port(0),
      0,
    )
    .option('--anime-port <port>', "the HLS ladder's callers, usually 5000; 0: off", port(0), 0)
    .option('--anime-source <folder>', 'where the paths that they give are (default: URLs only)', words)
    .action(async (own: UpOptions, command: Command) => {
      if (own.animeSource !== undefined && own.animePort === 0)
        command.error("error: option '--anime-source <folder>' needs '--anime-port <port>'");
      const { runUp } = await import('../up/run-up.ts');
      await runUp(context, allOptions(command, own));
    });
}
