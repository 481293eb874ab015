import { createHash } from 'node:crypto';
import { chmod, mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { canReach, type ServerAccount } from './account.ts';
import { SHARED_STATE_DIR } from './binaries.ts';

/** Where one embedded server keeps its files. All paths are absolute. */
export interface ClusterLayout {
  /** Ours: holds the password. */
  readonly passwordFile: string;
  readonly logFile: string;
  /** The server's own data directory; exists only once it is complete. */
  readonly cluster: string;
  /** Where `initdb` works; renamed to `cluster` at its end, so that a kill half way leaves nothing that looks whole. */
  readonly draft: string;
}

/**
 * Lays out `dataDir`, which is made when missing. When we are root and the server's account cannot get into it (a
 * folder under /root, or a temporary one with mode 700), only the cluster moves, to a folder named after `dataDir`.
 */
export async function layOut(dataDir: string, account: ServerAccount | undefined): Promise<ClusterLayout> {
  await mkdir(dataDir, { recursive: true, mode: account ? 0o711 : 0o700 });
  const own = await realpath(dataDir);
  let home = own;
  if (account) {
    await chmod(own, 0o711);
    if (!(await canReach(account, own))) {
      home = join(SHARED_STATE_DIR, `data-${createHash('sha256').update(own).digest('hex').slice(0, 16)}`);
      await mkdir(home, { recursive: true, mode: 0o711 });
    }
  }
  return {
    passwordFile: join(own, 'password'),
    logFile: join(own, 'server.log'),
    cluster: join(home, 'cluster'),
    draft: join(home, 'cluster.draft'),
  };
}
