import { resolve } from 'node:path';
import type { Command } from 'commander';
import { askAgent, controlAddress, MAX_PAUSE_S, type AgentStatus } from '../../shared/agent-control.ts';
import type { ControlRequest } from '../../shared/agent-control.ts';
import { duration } from '../arguments.ts';
import { allOptions, createCommand, type CommandText } from '../command.ts';
import { writeResult, type CliContext, type GlobalOptions } from '../context.ts';

const ANSWER_WITHIN_MS = 10_000;

interface LocalOptions extends GlobalOptions {
  readonly data: string;
  readonly for?: number;
}

function pausedLine({ paused }: AgentStatus): string {
  if (paused === null) return 'works';
  const until = paused.until === null ? '' : `, until ${new Date(paused.until).toLocaleString()}`;
  return `paused: ${paused.reason} (since ${new Date(paused.since).toLocaleString()}${until})`;
}

/** The state of an agent, for people. */
export function statusLines(status: AgentStatus): string[] {
  const { name, agent_id: id, connected, coordinator, leases, slots, guest } = status;
  return [
    `${name} (${id}) ${pausedLine(status)}`,
    connected ? `connected to ${coordinator}` : `not connected; trying ${coordinator}`,
    `${leases.length} of ${slots} slots busy`,
    ...leases.map((lease) => {
      const frames = lease.frames_total > 0 ? ` ${lease.frames_done}/${lease.frames_total} frames` : '';
      return `  ${lease.task_id} ${lease.phase}${frames}${lease.fps > 0 ? `, ${lease.fps.toFixed(1)} fps` : ''}`;
    }),
    ...guest.map((sentence) => `it ${sentence}`),
  ];
}

function localCommand(
  context: CliContext,
  text: CommandText,
  requestOf: (options: LocalOptions) => ControlRequest,
): Command {
  return createCommand(text)
    .option(
      '--data <dir>',
      'the data folder of the agent',
      context.environment['CLIPGRID_AGENT_DATA'] ?? '.clipgrid/agent',
    )
    .action(async (own: LocalOptions, command: Command) => {
      const options = allOptions(command, own);
      const address = controlAddress(resolve(options.data), process.platform);
      const status = await askAgent(address, requestOf(options), ANSWER_WITHIN_MS);
      writeResult(context, options, { document: status, lines: statusLines(status) });
    });
}

/** `clipgrid agent status`, `pause` and `resume`: of the agent on this very machine, whether or not its grid answers. */
export function localAgentCommands(context: CliContext): Command[] {
  const status = localCommand(
    context,
    {
      name: 'status',
      summary: 'what the agent on this machine does, and why it stands still',
      examples: [
        { line: 'clipgrid agent status', does: 'in words' },
        { line: 'clipgrid agent status --data /var/lib/clipgrid/agent', does: 'of another data folder' },
        { line: 'clipgrid agent status --json | jq .paused', does: 'for programs' },
      ],
    },
    () => ({ command: 'status' }),
  );
  const pause = localCommand(
    context,
    {
      name: 'pause',
      summary: 'let the agent on this machine stand still at once',
      about:
        'Its tools are stopped where they are, and it takes nothing new. A pause longer than --release-after of the agent gives what it holds to others. It lasts over a restart of the agent.',
      examples: [
        { line: 'clipgrid agent pause', does: 'until `clipgrid agent resume`' },
        { line: 'clipgrid agent pause --for 2h', does: 'for the length of a film' },
      ],
    },
    (options) => ({ command: 'pause', ...(options.for === undefined ? {} : { for_seconds: options.for }) }),
  ).option('--for <time>', 'go on by itself after so long, e.g. 30m or 2h', duration(1, MAX_PAUSE_S));
  const resume = localCommand(
    context,
    {
      name: 'resume',
      summary: 'take back the pause of the agent on this machine',
      about: 'What else it yields to still counts: the answer says whether it works now.',
      examples: [{ line: 'clipgrid agent resume', does: 'work again' }],
    },
    () => ({ command: 'resume' }),
  );
  return [status, pause, resume];
}
