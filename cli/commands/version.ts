import type { Command } from 'commander';
import { VERSION } from '../../shared/version.ts';
import { allOptions, createCommand } from '../command.ts';
import { writeResult, type CliContext, type GlobalOptions } from '../context.ts';

/** `clipgrid version` */
export function versionCommand(context: CliContext): Command {
  return createCommand({
    name: 'version',
    summary: 'tell the versions of clipgrid and of what runs it',
    examples: [{ line: 'clipgrid version --json', does: 'for a bug report' }],
  }).action((own: GlobalOptions, command: Command) => {
    const document = {
      version: VERSION,
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
    };
    const lines = [`clipgrid ${VERSION} (Node ${document.node}, ${document.platform})`];
    writeResult(context, allOptions(command, own), { document, lines });
  });
}
