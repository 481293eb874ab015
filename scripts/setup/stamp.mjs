import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { CACHE } from './root.mjs';

/** A short name for a state of the world: the same parts give the same key. */
export function keyOf(...parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex').slice(0, 32);
}

const fileOf = (name) => `${CACHE}/stamps/${name}`;

/** Whether the step `name` was last done for this very key. */
export function isFresh(name, key) {
  return existsSync(fileOf(name)) && readFileSync(fileOf(name), 'utf8') === key;
}

/** Remembers that the step `name` is done for `key`. */
export function stamp(name, key) {
  mkdirSync(`${CACHE}/stamps`, { recursive: true });
  writeFileSync(fileOf(name), key);
}

/** Milliseconds since `stamp(name)`; infinite when it never was. */
export function stampAgeMs(name) {
  return existsSync(fileOf(name)) ? Date.now() - statSync(fileOf(name)).mtimeMs : Infinity;
}

export function removeStamp(name) {
  rmSync(fileOf(name), { force: true });
}
