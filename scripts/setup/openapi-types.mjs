import { existsSync, readFileSync } from 'node:fs';
import { ROOT, say } from './root.mjs';
import { npm, tail } from './shell.mjs';
import { isFresh, keyOf, stamp } from './stamp.mjs';

const FOLDER = `${ROOT}/scripts/openapi-types`;

/** The generator of the client's types, which only the check of generated code and `npm run gen` need. */
export async function ensureOpenApiTypes() {
  const key = keyOf(readFileSync(`${FOLDER}/package-lock.json`, 'utf8'));
  if (isFresh('openapi-types', key) && existsSync(`${FOLDER}/node_modules`)) return;
  say('installing openapi-typescript (npm ci) ...');
  const result = await npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], FOLDER);
  if (result.code !== 0) throw new Error(`npm ci in ${FOLDER} failed:\n${tail(result.output, 20)}`);
  stamp('openapi-types', key);
}
