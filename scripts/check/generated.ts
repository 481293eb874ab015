import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OPENAPI_TYPES, openApiTypes } from '../openapi-types.ts';

/** Generates the stubs anew, beside, and fails when they are not the ones in shared/gen. */
const OUT = 'shared/gen';
const scratch = mkdtempSync(join(tmpdir(), 'clipgrid-gen-'));

function contents(folder: string): Map<string, string> {
  const files = globSync('**/*.ts', { cwd: folder });
  return new Map(files.map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
}

try {
  execFileSync('node_modules/.bin/buf', ['generate', '--output', scratch], { stdio: 'inherit' });
  const fresh = contents(join(scratch, OUT));
  const kept = contents(OUT);
  const names = [...new Set([...fresh.keys(), ...kept.keys()])];
  const differing = names.filter((name) => fresh.get(name) !== kept.get(name));
  for (const name of differing) console.error(`${OUT}/${name} is not what proto/ says: run \`npm run gen\``);
  const client = openApiTypes() === readFileSync(OPENAPI_TYPES, 'utf8');
  if (!client)
    console.error(`${OPENAPI_TYPES} is not what coordinator/http/operations.ts says: run \`npm run gen\``);
  const different = differing.length + Number(!client);
  console.error(`${fresh.size + 1} generated files, ${different} differ`);
  process.exitCode = different === 0 && fresh.size > 0 ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
