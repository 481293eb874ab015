import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Frames of the good film. */
export const FRAMES = 12;

export type FilmName =
  'good' | 'text' | 'random' | 'cut off' | 'no head' | 'only audio' | 'only a picture' | 'empty container';

export type Films = Readonly<Record<FilmName, Buffer<ArrayBuffer>>>;

/** Small films, good and bad, as bytes to upload. */
export function makeFilms(): Films {
  const folder = mkdtempSync(join(tmpdir(), 'clipgrid-films-'));
  const make = (name: string, args: readonly string[]): Buffer<ArrayBuffer> => {
    const path = join(folder, name);
    execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args, path]);
    return Buffer.from(readFileSync(path));
  };
  const video = ['-f', 'lavfi', '-i', `testsrc2=s=64x64:r=24:d=${FRAMES / 24}`];
  const sound = ['-f', 'lavfi', '-i', 'sine=440:d=0.5'];
  const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];
  try {
    const good = make('good.mkv', [...video, ...sound, ...x264, '-c:a', 'aac']);
    const mp4 = make('good.mp4', [...video, ...x264]);
    const red = ['-f', 'lavfi', '-i', 'color=red:s=16x16:d=0.04'];
    // Sound with a cover: its only picture is none to be encoded.
    const cover = ['-map', '0', '-map', '1', '-c:v', 'png', '-disposition:v', 'attached_pic'];
    return {
      good,
      text: Buffer.from('This is no film, whatever its name says.\n'.repeat(100)),
      random: Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256)),
      // An mp4 whose index is at its end: nothing can be read without it.
      'cut off': mp4.subarray(0, mp4.length / 2),
      'no head': good.subarray(good.length / 2),
      'only audio': make('sound.mka', [...sound, '-c:a', 'aac']),
      'only a picture': make('cover.mp3', [...sound, ...red, ...cover]),
      'empty container': good.subarray(0, 300),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
