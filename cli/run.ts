import { CommanderError } from 'commander';
import { toGridError } from '../shared/errors.ts';
import { EXIT_CODES, exitCodeOf } from '../shared/exit-codes.ts';
import type { CliContext } from './context.ts';
import { createProgram } from './program.ts';
import { printable } from './terminal.ts';

/** Wrong usage and help, as commander throws them. Its own words are written already. */
function usageExit(error: CommanderError): number {
  return error.exitCode === 0 ? EXIT_CODES.ok.code : EXIT_CODES.usage.code;
}

function writeError(context: CliContext, json: boolean, thrown: unknown): number {
  const error = toGridError(thrown);
  const exit = exitCodeOf(error);
  const { code, message, details } = error;
  const detail = Array.isArray(details['errors']) ? { errors: details['errors'] as unknown[] } : {};
  if (json)
    context.stdout.write(`${JSON.stringify({ error: { code, message, exit_code: exit, ...detail } })}\n`);
  context.stderr.write(`clipgrid: ${message.split('\n').map(printable).join('\n')}\n`);
  return exit;
}

/** Runs one command line, without the program's name. Returns its exit code; errors are written, never thrown. */
export async function runCommandLine(argv: readonly string[], context: CliContext): Promise<number> {
  const json = argv.includes('--json');
  let exit: number = EXIT_CODES.ok.code;
  try {
    await createProgram({ ...context, setExitCode: (code) => (exit = code) }).parseAsync(argv, {
      from: 'user',
    });
    return exit;
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) return writeError(context, json, thrown);
    const code = usageExit(thrown);
    if (json && code !== 0) {
      const error = {
        code: 'invalid_argument',
        message: thrown.message.replace(/^error: /, ''),
        exit_code: code,
      };
      context.stdout.write(`${JSON.stringify({ error })}\n`);
    }
    return code;
  }
}
