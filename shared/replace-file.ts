import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Gives a small file this content, whole or not at all, readable by its owner only; it is on the disk when this resolves. */
export async function replaceFile(file: string, text: string): Promise<void> {
  const fresh = `${file}.new`;
  await writeDurably(fresh, text);
  await rename(fresh, file);
  await sync(dirname(file));
}

async function writeDurably(file: string, text: string): Promise<void> {
  await using handle = await open(file, 'w', 0o600);
  await handle.writeFile(text);
  await handle.sync();
}

/** The new name in a folder is on the disk only after that. */
async function sync(folder: string): Promise<void> {
  await using handle = await open(folder);
  await handle.sync();
}
