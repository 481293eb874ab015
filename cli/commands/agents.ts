import type { Command } from 'commander';
import { GridError } from '../../shared/errors.ts';
import { isUuid } from '../../shared/ids.ts';
import { wholeNumber } from '../arguments.ts';
import { bytesText, secondsText } from '../bars.ts';
import { allOptions, createCommand } from '../command.ts';
import { clientOf, writeResult, type CliContext, type GlobalOptions } from '../context.ts';
import type { AgentDocument } from '../../client/documents.ts';
import type { RestClient } from '../../client/rest-client.ts';
import { tableLines } from '../table.ts';

const MAX_DEADLINE_S = 7 * 24 * 3600;

interface AgentList {
  readonly agents: readonly AgentDocument[];
}

function rowOf(agent: AgentDocument): string[] {
  const { load } = agent;
  return [
    agent.name,
    agent.agent_id,
    agent.paused && agent.state === 'online' ? 'paused' : agent.state,
    `${agent.leases}/${agent.slots}`,
    load ? `${Math.round(load.cpu * 100)} %` : '-',
    load ? bytesText(load.disk_free_bytes) : '-',
    `${agent.cpu_cores} x ${agent.cpu_model}`,
    agent.gpus.map((gpu) => gpu.model).join(', ') || '-',
    agent.lacks.length === 0 ? '-' : String(agent.lacks.length),
  ];
}

/** `clipgrid agents` */
export function agentsCommand(context: CliContext): Command {
  const command = createCommand({
    name: 'agents',
    summary: 'list the machines of the grid with their load',
    about: 'The encoders that each one proved, what each lacks and how to get it are in --json.',
    examples: [
      { line: 'clipgrid agents', does: 'who is there' },
      { line: 'clipgrid agents --json | jq ".agents[].capabilities"', does: 'what each can do' },
      {
        line: 'clipgrid agents --json | jq -r ".agents[].lacks[]"',
        does: 'what they lack, and how to get it',
      },
      { line: 'clipgrid agents revoke render-7', does: 'it never works for this grid again' },
    ],
  });
  command.addCommand(revokeAgentCommand(context));
  return command.action(async (own: GlobalOptions, given: Command) => {
    const options = allOptions(given, own);
    const list = await clientOf(context, options).get<AgentList>('/agents');
    const head = ['AGENT', 'ID', 'STATE', 'BUSY', 'CPU', 'DISK FREE', 'CORES', 'GPU', 'LACKS'];
    const none = 'no agents: start one with `clipgrid agent --coordinator HOST:7070`';
    const lines = list.agents.length === 0 ? [none] : tableLines(head, list.agents.map(rowOf));
    writeResult(context, options, { document: list, lines });
  });
}

/** The one agent that `text` means: an id, a name, or the beginning of an id. Throws `not_found` or `invalid_argument`. */
export function findAgent(agents: readonly AgentDocument[], text: string): AgentDocument {
  const fitting = [
    agents.filter((agent) => agent.agent_id === text),
    agents.filter((agent) => agent.name === text),
    agents.filter((agent) => agent.agent_id.startsWith(text)),
  ].find((found) => found.length > 0);
  const [first, ...others] = fitting ?? [];
  if (first === undefined) {
    const known = agents.map((agent) => agent.name).join(', ') || 'none';
    throw new GridError('not_found', `there is no agent ${JSON.stringify(text)}; there are: ${known}`);
  }
  if (others.length === 0) return first;
  const ids = (fitting ?? []).map((agent) => agent.agent_id).join(', ');
  throw new GridError('invalid_argument', `${JSON.stringify(text)} may be any of ${ids}: give the whole id`);
}

function revokeAgentCommand(context: CliContext): Command {
  return createCommand({
    name: 'revoke',
    summary: 'end the session of an agent at once, and never let it in again',
    about:
      'What it works on goes to others. To use the machine again, let it join anew with a join token and a new --data folder.',
    examples: [{ line: 'clipgrid agents revoke render-7', does: 'the machine was stolen' }],
  })
    .argument('<agent>', 'its name, its id, or the beginning of its id')
    .action(async (text: string, own: GlobalOptions, command: Command) => {
      const options = allOptions(command, own);
      const client = clientOf(context, options);
      const { agent_id: id, name } = await namedAgent(client, text);
      await client.post(`/agents/${encodeURIComponent(id)}/revoke`);
      writeResult(context, options, { document: { revoked: id }, lines: [`${name} (${id}) was revoked`] });
    });
}

/** An agent that was enrolled and never seen is in no list: its whole id is taken as it is. */
async function namedAgent(
  client: RestClient,
  text: string,
): Promise<Pick<AgentDocument, 'agent_id' | 'name'>> {
  const { agents } = await client.get<AgentList>('/agents');
  const unseen = isUuid(text) && !agents.some((agent) => agent.agent_id === text);
  return unseen ? { agent_id: text, name: 'the agent' } : findAgent(agents, text);
}

interface DrainOptions {
  readonly deadline: number;
  readonly undo?: boolean;
}

async function drain(client: RestClient, text: string, options: DrainOptions): Promise<AgentDocument> {
  const { agents } = await client.get<AgentList>('/agents');
  const { agent_id: id } = findAgent(agents, text);
  return client.post<AgentDocument>(`/agents/${encodeURIComponent(id)}/drain`, {
    deadline_seconds: options.deadline,
    undo: options.undo ?? false,
  });
}

/** `clipgrid drain AGENT` */
export function drainCommand(context: CliContext): Command {
  return createCommand({
    name: 'drain',
    summary: 'let an agent finish what it holds and take nothing new',
    about:
      'After the deadline its tasks are taken back and go to others. Without one they may take as long as they need.',
    examples: [
      { line: 'clipgrid drain render-7', does: 'finish, take nothing new' },
      { line: 'clipgrid drain render-7 --deadline 60', does: 'in a minute at most' },
      { line: 'clipgrid drain render-7 --undo', does: 'work again' },
    ],
  })
    .argument('<agent>', 'its name, its id, or the beginning of its id')
    .option(
      '--deadline <seconds>',
      'take its tasks back after so long; 0: never',
      wholeNumber(0, MAX_DEADLINE_S),
      0,
    )
    .option('--undo', 'let it take tasks again')
    .action(async (text: string, own: DrainOptions, command: Command) => {
      const options = allOptions(command, own);
      const agent = await drain(clientOf(context, options), text, options);
      const limit = options.deadline > 0 ? `, for ${secondsText(options.deadline)} at most` : '';
      const words = options.undo
        ? 'takes tasks again'
        : `takes nothing new and finishes ${agent.leases} task${agent.leases === 1 ? '' : 's'}${limit}`;
      writeResult(context, options, { document: agent, lines: [`${agent.name} ${words}`] });
    });
}
