import { readdir, readFile, readlink } from 'node:fs/promises';

/** A process that listens on a port. */
export interface Listener {
  readonly pid: number;
  /** Its command line, words separated by spaces. */
  readonly command: string;
}

const LISTEN = '0A';

/** Inode of the socket that listens on `port`, from a table of /proc/net/tcp (proc_net_tcp: address, state, inode). */
export function listeningInode(table: string, port: number): string | undefined {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  for (const line of table.split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/);
    if (fields[3] === LISTEN && fields[1]?.endsWith(`:${wanted}`)) return fields[9];
  }
  return undefined;
}

async function holds(pid: string, inode: string): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  for (const fd of await readdir(folder).catch((): string[] => [])) {
    if ((await readlink(`${folder}/${fd}`).catch(() => '')) === `socket:[${inode}]`) return true;
  }
  return false;
}

/** Who listens on a port of this machine; undefined where that cannot be known: another user's process, another system. */
export async function findListener(port: number): Promise<Listener | undefined> {
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const inode = listeningInode(await readFile(file, 'utf8').catch(() => ''), port);
    if (inode === undefined) continue;
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      if (!(await holds(pid, inode))) continue;
      const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''))
        .split('\0')
        .join(' ')
        .trim();
      return { pid: Number(pid), command };
    }
  }
  return undefined;
}
