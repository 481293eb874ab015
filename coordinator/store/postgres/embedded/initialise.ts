import { execFile } from 'node:child_process';
import { chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GridError } from '../../../../shared/errors.ts';
import type { IdSource } from '../../../../shared/ids.ts';
import { replaceFile } from '../../../../shared/replace-file.ts';
import type { ServerAccount } from './account.ts';
import type { PostgresBinaries } from './binaries.ts';
import type { ClusterLayout } from './layout.ts';

const run = promisify(execFile);

/** The one role of an embedded server, and its database. */
export const ROLE = 'clipgrid';

export interface InitialiseInput {
  readonly binaries: PostgresBinaries;
  readonly account: ServerAccount | undefined;
  readonly layout: ClusterLayout;
  readonly ids: IdSource;
}

/** An environment that does not depend on who calls us. */
export const SERVER_ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

async function readPassword(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

async function clusterExists(cluster: string): Promise<boolean> {
  return stat(join(cluster, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
}

async function runInitdb(input: InitialiseInput, password: string): Promise<void> {
  const { layout, account } = input;
  const handOver = `${layout.draft}.password`;
  await rm(layout.draft, { recursive: true, force: true });
  await rm(handOver, { force: true });
  await mkdir(layout.draft, { mode: 0o700 });
  await writeFile(handOver, password, { mode: 0o600, flag: 'wx' });
  if (account) for (const path of [layout.draft, handOver]) await chown(path, account.uid, account.gid);
  const auth = ['--auth=scram-sha-256', `--username=${ROLE}`, `--pwfile=${handOver}`];
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const args = [`--pgdata=${layout.draft}`, ...auth, ...locale, '--no-instructions'];
  const identity = account && { uid: account.uid, gid: account.gid };
  try {
    await run(input.binaries.initdb, args, { env: SERVER_ENVIRONMENT, cwd: '/', ...identity });
  } catch (cause) {
    const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : String(cause);
    throw new GridError('internal', `initdb failed in ${layout.draft}: ${said}`, { cause });
  } finally {
    await rm(handOver, { force: true });
  }
  await rename(layout.draft, layout.cluster);
}

/** Makes the cluster when there is none; the second time it only reads the password, which it returns. */
export async function initialiseCluster(input: InitialiseInput): Promise<string> {
  const { layout } = input;
  const known = await readPassword(layout.passwordFile);
  const whole = await clusterExists(layout.cluster);
  if (known && whole) return known;
  if (whole) {
    throw new GridError(
      'failed_precondition',
      `${layout.cluster} holds a database, but its password file ${layout.passwordFile} is gone: put it back, or move the folder away to start empty`,
    );
  }
  const password = input.ids.secret(24);
  await replaceFile(layout.passwordFile, password);
  await runInitdb(input, password);
  return password;
}
