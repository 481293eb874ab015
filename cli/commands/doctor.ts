import type { Command } from 'commander';
import { EXIT_CODES } from '../../shared/exit-codes.ts';
import { choices, port } from '../arguments.ts';
import { allOptions, createCommand } from '../command.ts';
import { writeResult, type CliContext } from '../context.ts';
import type { Finding } from '../doctor/finding.ts';
import { PARTS, type DoctorOptions } from '../doctor/parts.ts';
import { printable } from '../terminal.ts';

const MARKS = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' } as const;

/** A finding for people: what is so, and below it what to do. */
export function findingLines({ name, verdict, detail, fix }: Finding): string[] {
  const line = `${MARKS[verdict]}  ${name.padEnd(22)} ${printable(detail)}`;
  return fix === undefined ? [line] : [line, `      -> ${printable(fix)}`];
}

/** `clipgrid doctor` */
export function doctorCommand(context: CliContext): Command {
  return createCommand({
    name: 'doctor',
    summary: 'check what this machine has, and say what to do about what it lacks',
    about: `Reads the same settings as the coordinator and the agent (DATABASE_URL, CLIPGRID_S3_ENDPOINT, ...), and tries things instead of
believing them. Exit code 1 when something that is needed is missing.`,
    examples: [
      { line: 'clipgrid doctor', does: 'everything' },
      { line: 'clipgrid doctor --only tools', does: 'what an agent needs' },
      {
        line: 'clipgrid doctor --json | jq -c ".findings[] | {name, verdict}"',
        does: 'each with its verdict: ok, warn or fail',
      },
    ],
  })
    .option('--only <parts>', `only these, with commas between: ${PARTS.join(', ')}`, choices(PARTS))
    .option('--port <port>', 'REST and dashboard', port(1), 7000)
    .option('--grpc-port <port>', 'agents', port(1), 7070)
    .option('--finalrip-port <port>', "FinalRip's clients; 0: off", port(0), 8848)
    .option('--openencoder-port <port>', "Open Encoder's dashboard and scripts; 0: off", port(0), 0)
    .option('--anime-port <port>', "the HLS ladder's callers; 0: off", port(0), 0)
    .action(async (own: DoctorOptions, command: Command) => {
      const options = allOptions(command, own);
      const { diagnose } = await import('../doctor/diagnose.ts');
      const findings = await diagnose(context, options);
      const bad = findings.filter(({ verdict }) => verdict === 'fail').length;
      if (bad > 0) context.setExitCode(EXIT_CODES.failed.code);
      const end =
        bad === 0
          ? 'nothing that is needed is missing'
          : `${bad} needed thing${bad === 1 ? ' is' : 's are'} missing`;
      writeResult(context, options, {
        document: { ok: bad === 0, findings },
        lines: [...findings.flatMap(findingLines), end],
      });
    });
}
