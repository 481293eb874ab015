import { globSync, readFileSync } from 'node:fs';
import { importsOf, SOURCES, whyForbidden } from './import-rules.ts';

/** Prints every import that design.md section 3 forbids; exit code 1 when there is one. */
const files = globSync(SOURCES, {
  exclude: (path) => path.includes('node_modules') || path.startsWith('shared/gen'),
});
const found = files
  .filter((file) => !file.startsWith('shared/gen/'))
  .flatMap((file) => importsOf(file, readFileSync(file, 'utf8')))
  .map(whyForbidden)
  .filter((reason) => reason !== undefined);
for (const reason of found) console.error(reason);
console.error(`${files.length} files, ${found.length} forbidden imports`);
process.exitCode = found.length === 0 ? 0 : 1;
