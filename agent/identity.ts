import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isUuid, type IdSource } from '../shared/ids.ts';

/** The agent's id: made once, kept in its folder, so that the grid knows it again after a restart. */
export async function agentIdentity(dataDir: string, ids: IdSource): Promise<string> {
  await mkdir(dataDir, { recursive: true });
  const file = join(dataDir, 'agent-id');
  const known = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (isUuid(known)) return known;
  const fresh = ids.uuid();
  await writeFile(file, `${fresh}\n`, { mode: 0o600 });
  return fresh;
}
