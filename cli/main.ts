import { readFileSync } from 'node:fs';
import { systemClock } from '../shared/clock.ts';
import { systemIds } from '../shared/ids.ts';
import { trustCa } from '../shared/trust-ca.ts';
import { runCommandLine } from './run.ts';
import { catchSignals, followLauncher } from './signals.ts';
import { processOutput } from './terminal.ts';
import { processTty } from './tty.ts';

/** Everything that was written has left the process before it ends: pipes are asynchronous. */
async function flushed(stream: NodeJS.WriteStream): Promise<void> {
  await new Promise<void>((resolve) => stream.write('', () => resolve()));
}

followLauncher(process.env['CLIPGRID_LAUNCHER']);
const ca = process.env['CLIPGRID_CA'];
if (ca && ca !== 'system') trustCa(readFileSync(ca));
const signals = catchSignals();
const tty = processTty(process.stdin, process.stdout);
const exit = await runCommandLine(process.argv.slice(2), {
  stdout: processOutput(process.stdout),
  stderr: processOutput(process.stderr),
  ...(tty ? { tty } : {}),
  environment: process.env,
  clock: systemClock,
  ids: systemIds(() => systemClock.wallMs()),
  leave: signals.leave,
  quit: signals.quit,
  releaseSignals: () => signals.release(),
  setExitCode: () => undefined,
});
await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
process.exit(exit);
