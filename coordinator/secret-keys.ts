import { readOrMakeSecret } from './signing-secret.ts';
import type { IdSource } from '../shared/ids.ts';

/** What secrets in the database are encrypted with: the operator's keys, else one that is made once and kept in the data folder. */
export async function openSecretKeys(
  { secretKeys, dataDir }: { readonly secretKeys: readonly string[]; readonly dataDir: string },
  ids: IdSource,
): Promise<readonly string[]> {
  return secretKeys.length > 0 ? secretKeys : [await readOrMakeSecret(dataDir, 'secret-key', ids)];
}
