import type { KeyObject } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isUuid, type IdSource } from '../shared/ids.ts';

export interface Identity {
  readonly agentId: string;
  /** Of an agent that was enrolled: what proves its id. */
  readonly key?: KeyObject;
}

/** The id of an agent that was not enrolled: made once, kept in its folder, so that the grid knows it again after a restart. */
export async function agentIdentity(dataDir: string, ids: IdSource): Promise<string> {
  await mkdir(dataDir, { recursive: true });
  const file = join(dataDir, 'agent-id');
  const known = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (isUuid(known)) return known;
  const fresh = ids.uuid();
  await writeFile(file, `${fresh}\n`, { mode: 0o600 });
  return fresh;
}
