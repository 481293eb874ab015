import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';

/**
 * Keeps the stores as they are now, in one file, for the test that runs two versions of them on one database. To be done
 * at each release, and never between two: what is kept must be what runs somewhere.
 */
const ROOT = join(import.meta.dirname, '..');
const FOLDER = 'test/store/released';

const result = await build({
  root: ROOT,
  configFile: false,
  logLevel: 'warn',
  build: {
    ssr: true,
    write: false,
    minify: false,
    target: 'node24',
    rolldownOptions: { input: join(ROOT, FOLDER, 'entry.ts'), output: { codeSplitting: false } },
  },
});
const [bundle] = Array.isArray(result) ? result : [result];
if (bundle === undefined || !('output' in bundle)) throw new Error('nothing was bundled');
const [chunk] = bundle.output;
const file = `${FOLDER}/stores.js`;
writeFileSync(join(ROOT, file), chunk.code);
console.log(`${file}: ${Math.round(chunk.code.length / 1024)} KiB`);
