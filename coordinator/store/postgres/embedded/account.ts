import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { GridError } from '../../../../shared/errors.ts';

const run = promisify(execFile);

/** The operating-system user that the server runs as when we are root: PostgreSQL refuses to be root. */
export interface ServerAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const ACCOUNT_NAME = 'clipgrid';

async function lookUp(name: string): Promise<ServerAccount | undefined> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n');
  const fields = lines.map((line) => line.split(':')).find((parts) => parts[0] === name);
  return fields && { name, uid: Number(fields[2]), gid: Number(fields[3]) };
}

/** Undefined when this process is not root. As root: the user `clipgrid`, made when missing, else `nobody`. */
export async function serverAccount(): Promise<ServerAccount | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const known = await lookUp(ACCOUNT_NAME);
  if (known) return known;
  const options = [
    '--system',
    '--user-group',
    '--no-create-home',
    '--shell',
    '/usr/sbin/nologin',
    ACCOUNT_NAME,
  ];
  // A failure is fine: another process may have just made it, or this image has no useradd.
  await run('useradd', options).catch(() => undefined);
  const account = (await lookUp(ACCOUNT_NAME)) ?? (await lookUp('nobody'));
  if (!account) {
    throw new GridError(
      'failed_precondition',
      'PostgreSQL cannot run as root, and there is no user to run it as: make one with `useradd --system clipgrid`, or set DATABASE_URL',
    );
  }
  return account;
}

/** Whether `account` may pass through every directory from the root down to `path` itself. */
export async function canReach(account: ServerAccount, path: string): Promise<boolean> {
  for (let at = resolve(path); ; at = dirname(at)) {
    const info = await stat(at);
    const bit = info.uid === account.uid ? 0o100 : info.gid === account.gid ? 0o010 : 0o001;
    if (info.isDirectory() && (info.mode & bit) === 0) return false;
    if (at === dirname(at)) return true;
  }
}
