import { generate } from './generate.ts';
import type { Recipe } from './recipes.ts';

/** Two seconds, 50 frames, with a tone: enough for what is not about the source. */
export const SHORT_FILM: Recipe = {
  name: 'short film',
  as: 'mkv',
  seconds: 2,
  inputs: ['-f', 'lavfi', '-i', 'testsrc2=s=192x108:r=25:d=2', '-f', 'lavfi', '-i', 'sine=440:d=2'],
  args: ['-map', '0:v', '-map', '1:a', '-c:v', 'libx264', '-preset', 'veryfast', '-g', '10', '-c:a', 'flac'],
  expect: { frames: 50 },
};

export function shortFilm(): string {
  return generate(SHORT_FILM);
}

/** An ffmpeg encoder command, without its output. */
export function ffmpegEncoder(...options: readonly string[]): string[] {
  return ['ffmpeg', '-v', 'error', '-i', '-', ...options];
}
