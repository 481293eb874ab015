import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. These files run on Node 18 and before anything is installed: no packages, no TypeScript. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Whether this is the npm package and no checkout: then npm brought what it needs, and the programs are compiled. */
export const IS_PACKAGE = !existsSync(`${ROOT}/package-lock.json`);

/** By the XDG base directory specification; npm may empty a package's own folder at any time. */
const userCache = () => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'clipgrid');

/** Where everything that set-up makes is kept, except node_modules. */
export const CACHE = IS_PACKAGE ? userCache() : `${ROOT}/.cache`;

/** The file of one of our programs, given without its extension: `cli/main`. */
export const program = (name) => `${ROOT}/${name}.${IS_PACKAGE ? 'js' : 'ts'}`;

/** Set-up talks on standard error, so that the output of what follows can be piped. */
export function say(line) {
  process.stderr.write(`[set-up] ${line}\n`);
}
