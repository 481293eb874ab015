import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Recipe } from './recipes.ts';

const CACHE = resolve('.cache/torture');

/** Makes a recipe's source with ffmpeg, once: the file's name holds the hash of how it was made. Returns its path. */
export function generate(recipe: Recipe): string {
  const key = createHash('sha256')
    .update(JSON.stringify({ ...recipe, expect: null }))
    .digest('hex')
    .slice(0, 12);
  const slug = recipe.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  const path = join(CACHE, `${slug}-${key}.${recipe.as}`);
  if (existsSync(path)) return path;
  const folder = join(CACHE, `making-${slug}-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  const seconds = recipe.seconds ?? 4;
  const files = Object.entries(recipe.files ?? {});
  for (const [name, content] of files)
    writeFileSync(join(folder, name), content, name.endsWith('.sup') ? 'latin1' : 'utf8');
  const common = [
    '-f',
    'lavfi',
    '-i',
    `testsrc2=s=320x180:r=25:d=${seconds}`,
    '-f',
    'lavfi',
    '-i',
    `sine=440:d=${seconds}`,
  ];
  const read = files.filter(([name]) => !name.endsWith('.ttf') && !recipe.inputs?.includes(name));
  const inputs = [...(recipe.inputs ?? common), ...read.flatMap(([name]) => ['-i', name])];
  const first = join(folder, `first.${recipe.as}`);
  const run = (args: readonly string[]) =>
    execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  run([...inputs, ...recipe.args, '-t', String(seconds + 2), first]);
  const last = join(folder, `last.${recipe.as}`);
  if (recipe.second) run(recipe.second.map((word) => (word === 'IN' ? first : word === 'OUT' ? last : word)));
  renameSync(recipe.second ? last : first, path);
  rmSync(folder, { recursive: true, force: true });
  return path;
}
