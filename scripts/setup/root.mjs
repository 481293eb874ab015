import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. These files run on Node 18 and before anything is installed: no packages, no TypeScript. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Where everything that set-up makes is kept, except node_modules. */
export const CACHE = `${ROOT}/.cache`;

/** Set-up talks on standard error, so that the output of what follows can be piped. */
export function say(line) {
  process.stderr.write(`[set-up] ${line}\n`);
}
