import { describe, expect, it } from 'vitest';
import { EXIT_CODES, exitCodeOf } from '../../shared/exit-codes.ts';
import { ERROR_CODES, GridError, type ErrorCode } from '../../shared/errors.ts';
import { runHere } from '../support/command-line.ts';

const COMMANDS =
  'up doctor submit watch download jobs job logs cancel retry delete agents drain join-token token certs version'.split(
    ' ',
  );

/** A wrong command line, and what its error must name: the option or argument, and the value. */
const WRONG: readonly (readonly [string, readonly string[]])[] = [
  ['up --agents many', ['--agents', "'many'", 'from 0 to 64']],
  ['up --agents -1', ['--agents', "'-1'"]],
  ['up --slots 0', ['--slots', "'0'", 'from 1 to 256']],
  ['up --slots 1.5', ['--slots', "'1.5'"]],
  ['up --port 0', ['--port', "'0'", 'from 1 to 65535']],
  ['up --port 65536', ['--port', "'65536'"]],
  ['up --grpc-port x', ['--grpc-port', "'x'"]],
  ['up --finalrip-port 1e3', ['--finalrip-port', "'1e3'"]],
  ['up --anime-port 65536', ['--anime-port', "'65536'"]],
  ['up --anime-source films', ['--anime-source', '--anime-port']],
  ['up --data=', ['--data', "''", 'empty']],
  ['up here', ['too many arguments', 'up']],
  ['jobs --limit 0', ['--limit', "'0'", 'from 1 to']],
  ['jobs --limit=', ['--limit', "''"]],
  ['jobs --state done', ['--state', "'done'", 'succeeded']],
  ['jobs --state queued,', ['--state', "'queued,'"]],
  ['jobs --url grid.lab', ['--url', "'grid.lab'", 'http://']],
  ['jobs --url ftp://grid.lab', ['--url', "'ftp://grid.lab'"]],
  ['--url nowhere jobs', ['--url', "'nowhere'"]],
  ['job', ['missing required argument', 'id']],
  ['logs', ['missing required argument', 'id']],
  ['logs a --attempt 0', ['--attempt', "'0'", 'from 1 to']],
  ['cancel', ['missing required argument', 'ids']],
  ['drain', ['missing required argument', 'agent']],
  ['drain a --deadline soon', ['--deadline', "'soon'", 'from 0 to 604800']],
  ['certs', ['missing required argument', 'hosts']],
  ['certs grid_lab', ['grid_lab', 'grid.lab']],
  ['certs a --days 826', ['--days', "'826'", 'from 1 to 825']],
  ['token create', ['missing required argument', 'name']],
  ['token create a --scopes write', ['--scopes', "'write'", 'read, submit']],
  ['agents revoke', ['missing required argument', 'agent']],
  ['agents revok', ['too many arguments', 'revok']],
  ['join-token creat', ["unknown command 'creat'", 'create']],
  ['join-token create --uses 0', ['--uses', "'0'", 'from 1 to 100000']],
  ['join-token create --expires 24', ['--expires', "'24'", '24h']],
  ['join-token create --expires 367d', ['--expires', "'367d'", '366d']],
  ['join-token create --url nowhere', ['--url', "'nowhere'"]],
  ['join-token revoke', ['missing required argument', 'id']],
  ['download', ['missing required argument', 'id']],
  ['download a -o', ['--output', 'argument missing']],
  ['submit a.mkv', ["required option '--encode"]],
  ['submit --encode x', ['missing required argument', 'file']],
  ['submit a.mkv --encode=', ['--encode', "''"]],
  ['submit a.mkv --encode x --container avi', ['--container', "'avi'", 'matroska, mp4']],
  ['submit a.mkv --encode x --priority 101', ['--priority', "'101'", 'from 0 to 100']],
  ['submit a.mkv --encode x --clip-seconds 0', ['--clip-seconds', "'0'", 'from 0.2 to 3600']],
  ['submit a.mkv --encode x --clip-seconds NaN', ['--clip-seconds', "'NaN'"]],
  ['submit a.mkv --encode x --wach', ['--wach', '--watch']],
  ['doctor --only tools,brain', ['--only', "'tools,brain'", 'database']],
  ['jobz', ["unknown command 'jobz'", 'jobs']],
  ['jobs --al', ["unknown option '--al'", '--all']],
];

describe('clipgrid', () => {
  it.each(WRONG)('%s: the error names what is wrong and its value', async (line, named) => {
    const ran = await runHere(line.split(' '));
    expect(ran.code).toBe(EXIT_CODES.usage.code);
    for (const part of named) expect(ran.stderr).toContain(part);
    expect(ran.stderr).toContain('--help)');
    expect(ran.stdout).toBe('');
  });

  it('with --json an error of usage is a document on standard output', async () => {
    const ran = await runHere(['jobs', '--limit', 'x', '--json']);
    const { error } = JSON.parse(ran.stdout) as {
      error: { code: string; message: string; exit_code: number };
    };
    expect(error).toMatchObject({ code: 'invalid_argument', exit_code: ran.code });
    expect(error.message).toMatch(/^option '--limit <n>' argument 'x' is invalid/);
  });

  it.each(COMMANDS)('%s --help teaches with examples and names the options that all have', async (name) => {
    const ran = await runHere([name, '--help']);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain(`Usage: clipgrid ${name}`);
    expect(ran.stdout).toMatch(/Examples:\n  # .+\n  clipgrid /);
    for (const option of ['--url', '--token', '--json']) expect(ran.stdout).toContain(option);
  });

  it('--help lists every command and every exit code', async () => {
    const { stdout } = await runHere(['--help']);
    for (const name of [...COMMANDS, 'coordinator', 'agent'])
      expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    for (const { code, meaning } of Object.values(EXIT_CODES)) {
      expect(stdout.split('\n').map((line) => line.trim())).toContain(`${code}  ${meaning}`);
    }
  });

  it('version --json is one document', async () => {
    const ran = await runHere(['version', '--json']);
    expect(JSON.parse(ran.stdout)).toMatchObject({ node: process.version });
  });
});

describe('exit codes', () => {
  it('are all different', () => {
    const codes = Object.values(EXIT_CODES).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });

  it.each<readonly [ErrorCode, keyof typeof EXIT_CODES]>([
    ['invalid_argument', 'usage'],
    ['not_found', 'notFound'],
    ['unauthenticated', 'refused'],
    ['permission_denied', 'refused'],
    ['failed_precondition', 'refused'],
    ['unavailable', 'unreachable'],
    ['digest_mismatch', 'transfer'],
    ['cancelled', 'interrupted'],
    ['encoder_failed', 'failed'],
  ])('%s ends with %s', (code, name) => {
    expect(exitCodeOf(new GridError(code, 'x'))).toBe(EXIT_CODES[name].code);
  });

  it('no error of any kind ends with 0', () => {
    const errors = Object.keys(ERROR_CODES).map((code) => new GridError(code as ErrorCode, 'x'));
    for (const error of [...errors, new Error('x'), 'x']) expect(exitCodeOf(error)).not.toBe(0);
  });
});
