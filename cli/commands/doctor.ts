import type { Command } from 'commander';
import { EXIT_CODES } from '../../shared/exit-codes.ts';
import { choices, port } from '../arguments.ts';
import { allOptions, createCommand } from '../command.ts';
import { clientOf, writeResult, type CliContext, type GlobalOptions } from '../context.ts';
import { checkCoordinator } from '../doctor/coordinator.ts';
import { checkDatabase } from '../doctor/database.ts';
import type { Finding } from '../doctor/finding.ts';
import { checkPorts } from '../doctor/ports.ts';
import { checkStore } from '../doctor/store.ts';
import { checkNode, checkTools } from '../doctor/tools.ts';
import { printable } from '../terminal.ts';

interface DoctorOptions extends GlobalOptions {
  readonly only?: string;
  readonly port: number;
  readonly grpcPort: number;
  readonly finalripPort: number;
}

const PARTS = ['tools', 'ports', 'database', 'store', 'coordinator'] as const;
const MARKS = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' } as const;

function checks(
  context: CliContext,
  options: DoctorOptions,
): Record<(typeof PARTS)[number], () => Promise<Finding[]>> {
  const { environment, clock, ids } = context;
  const host = environment['CLIPGRID_HOST'] || '127.0.0.1';
  const ports = [
    { name: 'REST', port: options.port, option: '--port' },
    { name: 'agents', port: options.grpcPort, option: '--grpc-port' },
    { name: 'FinalRip', port: options.finalripPort, option: '--finalrip-port' },
  ];
  return {
    tools: async () => [checkNode(process.version), ...(await checkTools(environment, clock))],
    ports: () => checkPorts(host, ports),
    database: async () => [await checkDatabase(environment['DATABASE_URL'])],
    store: async () => [await checkStore(environment, { clock, ids })],
    coordinator: () => checkCoordinator(clientOf(context, options), options.url !== undefined),
  };
}

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
        line: 'clipgrid doctor --json | jq ".findings[] | select(.verdict != \\"ok\\")"',
        does: 'what is wrong',
      },
    ],
  })
    .option('--only <parts>', `only these, with commas between: ${PARTS.join(', ')}`, choices(PARTS))
    .option('--port <port>', 'REST and dashboard', port(1), 7000)
    .option('--grpc-port <port>', 'agents', port(1), 7070)
    .option('--finalrip-port <port>', "FinalRip's clients; 0: off", port(0), 8848)
    .action(async (own: DoctorOptions, command: Command) => {
      const options = allOptions(command, own);
      const wanted = options.only?.split(',') ?? PARTS;
      const all = checks(context, options);
      const found = await Promise.all(
        PARTS.filter((part) => wanted.includes(part)).map((part) => all[part]()),
      );
      const findings = found.flat();
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
