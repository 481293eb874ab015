import { extname } from 'node:path';

/**
 * The file of one of our own programs, given without its extension: what runs is TypeScript in a checkout and compiled
 * JavaScript in the npm package.
 */
export function programFile(path: string): string {
  return path + extname(import.meta.filename);
}
