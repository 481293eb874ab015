import { InvalidArgumentError, type Command } from 'commander';
import type { TokenDocument } from '../../client/documents.ts';
import { allOptions, createCommand } from '../command.ts';
import { clientOf, say, writeResult, type CliContext, type GlobalOptions } from '../context.ts';
import { tableLines } from '../table.ts';

interface CreateOptions {
  readonly scopes: readonly string[];
  readonly owner?: string;
}

interface Created {
  readonly name: string;
  readonly owner: string;
  readonly scopes: readonly string[];
  readonly token: string;
}

const SCOPES = ['read', 'submit', 'agent', 'admin'];

function scopeList(text: string): string[] {
  const scopes = text.split(',');
  if (scopes.every((scope) => SCOPES.includes(scope))) return scopes;
  throw new InvalidArgumentError(`Give some of ${SCOPES.join(', ')}, with commas between.`);
}

function createCommandOf(context: CliContext): Command {
  return createCommand({
    name: 'create',
    summary: 'make a token for a person or a program',
    about: 'The token is shown this once; the grid keeps its hash only.',
    examples: [
      { line: 'clipgrid token create ann', does: 'Ann may submit, and sees what is hers' },
      { line: 'clipgrid token create wall --scopes read --owner ann', does: 'a screen that shows her jobs' },
      { line: 'clipgrid token create ops --scopes admin', does: 'everything of everybody' },
    ],
  })
    .argument('<name>', 'letters, digits and . _ @ -')
    .option('--scopes <list>', `some of ${SCOPES.join(', ')}; submit is read, too`, scopeList, ['submit'])
    .option('--owner <owner>', 'whose jobs and uploads it is for (default: the name)')
    .action(async (name: string, own: CreateOptions, command: Command) => {
      const options = allOptions(command, own);
      const { scopes, owner } = options;
      const body = { name, scopes, ...(owner === undefined ? {} : { owner }) };
      const created = await clientOf(context, options).post<Created>('/tokens', body);
      say(context, options, `${created.owner}/${created.name} may ${created.scopes.join(', ')}`);
      writeResult(context, options, { document: created, lines: [created.token] });
    });
}

function listCommandOf(context: CliContext): Command {
  return createCommand({
    name: 'list',
    summary: 'list valid tokens, without their secrets',
    examples: [{ line: 'clipgrid token list', does: 'who may do what' }],
  }).action(async (own: GlobalOptions, command: Command) => {
    const options = allOptions(command, own);
    const list = await clientOf(context, options).get<{ tokens: readonly TokenDocument[] }>('/tokens');
    const rows = list.tokens.map((one) => [one.owner, one.name, one.scopes.join(', '), one.created_at]);
    const lines = rows.length === 0 ? ['no tokens'] : tableLines(['OWNER', 'NAME', 'SCOPES', 'MADE'], rows);
    writeResult(context, options, { document: list, lines });
  });
}

function revokeCommandOf(context: CliContext): Command {
  return createCommand({
    name: 'revoke',
    summary: 'let nobody in by a token any more',
    about: 'What was made with it stays.',
    examples: [{ line: 'clipgrid token revoke ann', does: 'it was lost' }],
  })
    .argument('<name>', 'as clipgrid token list shows it')
    .option('--owner <owner>', 'whose token it is (default: the name)')
    .action(async (name: string, own: GlobalOptions & { owner?: string }, command: Command) => {
      const options = allOptions(command, own);
      const { owner = name } = options;
      const path = [owner, name].map((part) => encodeURIComponent(part)).join('/');
      await clientOf(context, options).remove(`/tokens/${path}`);
      const lines = [`${owner}/${name} lets nobody in any more`];
      writeResult(context, options, { document: { revoked: { owner, name } }, lines });
    });
}

/** `clipgrid token create|list|revoke` */
export function tokenCommand(context: CliContext): Command {
  const command = createCommand({
    name: 'token',
    summary: 'make, list and revoke the tokens of people and programs',
    examples: [
      { line: 'clipgrid token create ann', does: 'Ann may submit, and sees what is hers' },
      { line: 'clipgrid token list', does: 'who may do what' },
    ],
  });
  for (const one of [createCommandOf, listCommandOf, revokeCommandOf]) command.addCommand(one(context));
  return command;
}
