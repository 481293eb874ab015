import { Command, Option } from 'commander';
import { httpUrl } from './arguments.ts';
import type { GlobalOptions } from './context.ts';

/** A line of a command's help that shows how it is used. */
export interface Example {
  readonly line: string;
  readonly does: string;
}

export interface CommandText {
  readonly name: string;
  readonly summary: string;
  /** What one should know before using it; whole sentences. */
  readonly about?: string;
  readonly examples: readonly Example[];
}

/** Options that every command takes, before or after its name. */
export function addGlobalOptions(command: Command, withDefaults: boolean): Command {
  const url = new Option('--url <url>', 'the coordinator (default: "http://127.0.0.1:7000")').argParser(
    httpUrl,
  );
  const token = new Option(
    '--token <token>',
    'a token (better in the environment, which no process list shows)',
  );
  if (withDefaults) {
    url.env('CLIPGRID_URL');
    token.env('CLIPGRID_TOKEN');
  }
  return command
    .addOption(url)
    .addOption(token)
    .option('--json', 'machine-readable output on standard output, and nothing else there');
}

/** A command with its help text; the options that all have come with it. */
export function createCommand({ name, summary, about, examples }: CommandText): Command {
  const lines = examples.map(({ line, does }) => `  # ${does}\n  ${line}`);
  const command = new Command(name)
    .summary(summary)
    .description(about === undefined ? summary : `${summary}\n\n${about}`)
    .addHelpText('after', `\nExamples:\n${lines.join('\n')}\n`);
  return addGlobalOptions(command, true);
}

/** The options of a command with those that stood before its name; an environment variable is weaker than any of them. */
export function allOptions<T extends object>(command: Command, own: T): T & GlobalOptions {
  const before: Record<string, unknown> = {};
  for (let above = command.parent; above !== null; above = above.parent) {
    for (const [name, value] of Object.entries(above.opts()))
      if (above.getOptionValueSource(name) === 'cli') before[name] = value;
  }
  return { ...own, ...before };
}
