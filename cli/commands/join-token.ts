import type { Command } from 'commander';
import { duration, wholeNumber } from '../arguments.ts';
import { allOptions, createCommand } from '../command.ts';
import { clientOf, say, writeResult, type CliContext, type GlobalOptions } from '../context.ts';
import type { JoinTokenDocument } from '../../client/documents.ts';
import { tableLines } from '../table.ts';

const DAY_S = 24 * 3600;

interface CreateOptions {
  readonly uses: number;
  readonly expires: number;
}

type Created = JoinTokenDocument & { readonly join_token: string };

interface TokenList {
  readonly join_tokens: readonly JoinTokenDocument[];
}

function createTokenCommand(context: CliContext): Command {
  return createCommand({
    name: 'create',
    summary: 'make a token that lets machines join',
    about: 'The token is shown this once; the grid keeps its hash only.',
    examples: [
      { line: 'clipgrid join-token create', does: 'for one machine, within a day' },
      { line: 'clipgrid join-token create --uses 20 --expires 1h', does: 'for a rack' },
    ],
  })
    .option('--uses <n>', 'how many machines it lets in', wholeNumber(1, 100_000), 1)
    .option('--expires <time>', 'how long it is good for, e.g. 30m, 24h, 7d', duration(1, 366 * DAY_S), DAY_S)
    .action(async (own: CreateOptions, command: Command) => {
      const options = allOptions(command, own);
      const body = { uses: options.uses, expires_seconds: options.expires };
      const created = await clientOf(context, options).post<Created>('/join-tokens', body);
      const machines = options.uses === 1 ? 'one machine' : `${options.uses} machines`;
      const how = 'on each: clipgrid agent --coordinator HOST:7070 --join-token TOKEN';
      say(context, options, `lets ${machines} in until ${created.expires_at}; ${how}`);
      writeResult(context, options, { document: created, lines: [created.join_token] });
    });
}

function rowOf(token: JoinTokenDocument): string[] {
  const { token_id: id, state, used, uses, expires_at: expires, created_by: by } = token;
  return [id, state, `${used}/${uses ?? 'any'}`, expires ?? 'never', by];
}

function listTokensCommand(context: CliContext): Command {
  return createCommand({
    name: 'list',
    summary: 'list join tokens, without their secrets',
    examples: [{ line: 'clipgrid join-token list', does: 'which still let somebody in' }],
  }).action(async (own: GlobalOptions, command: Command) => {
    const options = allOptions(command, own);
    const list = await clientOf(context, options).get<TokenList>('/join-tokens');
    const rows = list.join_tokens.map(rowOf);
    const head = ['ID', 'STATE', 'USED', 'EXPIRES', 'MADE BY'];
    const lines = rows.length === 0 ? ['no join tokens'] : tableLines(head, rows);
    writeResult(context, options, { document: list, lines });
  });
}

function revokeTokenCommand(context: CliContext): Command {
  return createCommand({
    name: 'revoke',
    summary: 'let nobody in by a join token any more',
    about: 'Machines that it let in stay: see clipgrid agents revoke.',
    examples: [{ line: 'clipgrid join-token revoke ID', does: 'it was lost' }],
  })
    .argument('<id>', 'as clipgrid join-token list shows it')
    .action(async (id: string, own: GlobalOptions, command: Command) => {
      const options = allOptions(command, own);
      await clientOf(context, options).remove(`/join-tokens/${encodeURIComponent(id)}`);
      writeResult(context, options, { document: { revoked: id }, lines: [`${id} lets nobody in any more`] });
    });
}

/** `clipgrid join-token create|list|revoke` */
export function joinTokenCommand(context: CliContext): Command {
  const command = createCommand({
    name: 'join-token',
    summary: 'make, list and revoke the tokens with which machines join',
    about: 'A machine needs one once; from then on it has a key of its own.',
    examples: [
      { line: 'clipgrid join-token create', does: 'for one machine, within a day' },
      { line: 'clipgrid join-token list', does: 'which still let somebody in' },
    ],
  });
  for (const one of [createTokenCommand, listTokensCommand, revokeTokenCommand])
    command.addCommand(one(context));
  return command;
}
