import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { IdSource } from '../shared/ids.ts';

/** The secret that signs object URLs: made once, kept beside the objects. */
export function signingSecret(dataDir: string, ids: IdSource): Promise<string> {
  return readOrMakeSecret(dataDir, 'url-secret', ids);
}

/** A secret of this name: made once, kept in the data folder, readable by its owner only. */
export async function readOrMakeSecret(dataDir: string, name: string, ids: IdSource): Promise<string> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, name);
  const known = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (known.length >= 32) return known;
  const fresh = ids.secret(32);
  await writeFile(file, `${fresh}\n`, { mode: 0o600 });
  return fresh;
}
