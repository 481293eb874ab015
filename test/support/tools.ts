import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { z } from 'zod';
import type { ToolPaths, VapourSynthPaths } from '../../agent/tools.ts';

const ROOT = join(import.meta.dirname, '../..');

const vapourSynthSchema = z.object({
  vspipe: z.string(),
  environment: z.record(z.string(), z.string()),
  readOnlyPaths: z.array(z.string()),
});

/** The bundled real film: 720p, 60 s, with AAC audio. */
export const BIG_BUCK_BUNNY = join(ROOT, 'test/media/bigbuckbunny.mp4');

function find(name: string): string | undefined {
  const paths = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name));
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** A program that set-up guarantees; throws when it is not on PATH. */
export function requireProgram(name: string): string {
  const path = find(name);
  if (path === undefined) throw new Error(`${name} is not on PATH: run \`node scripts/setup.mjs\``);
  return path;
}

/** What set-up made in .cache/vapoursynth; undefined where no Python 3.12 could be had. */
export function vapourSynthPaths(): VapourSynthPaths | undefined {
  const file = join(ROOT, '.cache/vapoursynth/clipgrid.json');
  return existsSync(file) ? vapourSynthSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
}

/** The tools of this machine, as an agent would find them. */
export function testTools(): ToolPaths {
  const vspipe = vapourSynthPaths();
  const names = ['ffmpeg', 'x264', 'x265'];
  const programs = new Map(
    names.flatMap((name) => (find(name) ? [[name, requireProgram(name)] as const] : [])),
  );
  const base = {
    ffmpeg: requireProgram('ffmpeg'),
    ffprobe: requireProgram('ffprobe'),
    mkfifo: requireProgram('mkfifo'),
    programs,
  };
  return vspipe ? { ...base, vspipe } : base;
}
