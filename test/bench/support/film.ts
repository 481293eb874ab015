import { execFileSync } from 'node:child_process';
import { BIG_BUCK_BUNNY } from '../../support/tools.ts';

/** A film of `seconds`: the bundled excerpt again and again, by stream copy, so that it is as hard to encode as the real one. */
export function loopedFilm(path: string, seconds: number): string {
  const args = ['-nostdin', '-v', 'error', '-y', '-stream_loop', '-1', '-i', BIG_BUCK_BUNNY];
  execFileSync('ffmpeg', [...args, '-t', String(seconds), '-c', 'copy', path]);
  return path;
}
