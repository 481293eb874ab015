import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';

/** More would take longer to count than the next look is away. */
export const MAX_ENTRIES = 100_000;

export interface FolderSize {
  /** As it takes room on the disk: a hole takes none. */
  readonly bytes: number;
  readonly entries: number;
}

/** st_blocks counts in these, whatever the file system. */
const BLOCK_BYTES = 512;

/**
 * What a folder takes, with all below it; follows no links. Stops counting at `MAX_ENTRIES`. What vanishes or cannot be read
 * meanwhile counts nothing.
 */
export async function folderSize(path: string): Promise<FolderSize> {
  let bytes = 0;
  let entries = 0;
  const open = [path];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const listing = await opendir(folder).catch(() => undefined);
    if (listing === undefined) continue;
    for await (const entry of listing) {
      const found = join(folder, entry.name);
      const { blocks } = await lstat(found).catch(() => ({ blocks: 0 }));
      bytes += blocks * BLOCK_BYTES;
      entries += 1;
      if (entry.isDirectory()) open.push(found);
      if (entries >= MAX_ENTRIES) return { bytes, entries };
    }
  }
  return { bytes, entries };
}
