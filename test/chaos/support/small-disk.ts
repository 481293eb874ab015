import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';

/** As root, or in a user namespace of its own. */
const WAYS: readonly (readonly string[])[] = [
  ['unshare', '--mount'],
  ['unshare', '--map-root-user', '--mount'],
];
const MOUNT = 'mkdir -p "$1" && mount -t tmpfs -o "size=$2" tmpfs "$1" && shift 2 && exec "$@"';

function works(way: readonly string[]): boolean {
  const [file = '', ...words] = way;
  try {
    execFileSync(file, [...words, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * A command that gives the program after it a disk of `size` at the folder, which only that program sees and which is gone
 * with it. Undefined: this machine lets nobody do so.
 */
export function smallDisk(size: string): ((folder: string) => readonly string[]) | undefined {
  const way = WAYS.find(works);
  return way && ((folder) => [...way, 'sh', '-c', MOUNT, 'sh', folder, size]);
}

const BLOCK = Buffer.alloc(256 * 1024);

/** Fills the disk that the process sees at the folder. Returns what makes room again. */
export function fillDisk(pid: number, folder: string): () => void {
  const path = `/proc/${pid}/root${folder}/filler`;
  try {
    for (;;) writeFileSync(path, BLOCK, { flag: 'a' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
  return () => rmSync(path);
}
