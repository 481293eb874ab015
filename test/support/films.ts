import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Small films for tests with real processes. Every frame differs: `testsrc2` counts. */
const SIZE = '160x90';

function ffmpeg(folder: string, args: readonly string[]): void {
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

const video = (seconds: number): string[] => ['-f', 'lavfi', '-i', `testsrc2=s=${SIZE}:r=25:d=${seconds}`];
const tone = (hertz: number, seconds: number): string[] => [
  '-f',
  'lavfi',
  '-i',
  `sine=${hertz}:d=${seconds}`,
];
/** A keyframe every second. */
const CLOSED = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-keyint_min', '25'];

/** 25 frames a second, a keyframe each second, with sound. */
export function plainFilm(folder: string, seconds: number): string {
  const path = join(folder, `plain-${seconds}.mkv`);
  ffmpeg(folder, [...video(seconds), ...tone(440, seconds), ...CLOSED, '-c:a', 'aac', path]);
  return path;
}

/** Check 21: x264 with open GOPs and B-frames, a keyframe every two seconds. */
export function openGopFilm(folder: string, seconds: number): string {
  const path = join(folder, 'open-gop.mkv');
  const gops = 'open-gop=1:keyint=50:min-keyint=50:scenecut=0:bframes=3:b-adapt=0:b-pyramid=normal';
  const args = ['-c:v', 'libx264', '-preset', 'ultrafast', '-x264-params', gops];
  ffmpeg(folder, [...video(seconds), ...args, path]);
  return path;
}

/** Check 22: one frame is white, so that a script can tell by what it sees that it is there. */
export function markedFilm(folder: string, seconds: number, frame: number): string {
  const path = join(folder, 'marked.mkv');
  const mark = `drawbox=c=white:t=fill:enable='eq(n,${frame})'`;
  ffmpeg(folder, [...video(seconds), '-vf', mark, ...CLOSED, path]);
  return path;
}

/** Check 23: no sound at all. */
export function silentFilm(folder: string, seconds: number): string {
  const path = join(folder, 'silent.mkv');
  ffmpeg(folder, [...video(seconds), ...CLOSED, path]);
  return path;
}

/** Check 23: the video starts `offset` seconds after the audio. */
export function lateVideoFilm(folder: string, seconds: number, offset: number): string {
  const path = join(folder, 'late-video.mkv');
  const inputs = ['-itsoffset', String(offset), ...video(seconds), ...tone(440, seconds)];
  ffmpeg(folder, [...inputs, '-map', '0:v', '-map', '1:a', ...CLOSED, '-c:a', 'aac', path]);
  return path;
}

export const CHAPTERS = ['Prologue', 'Das Übrige'] as const;

/** Check 24: two audio tracks in two languages, and chapters with titles. */
export function manyTracksFilm(folder: string, seconds: number): string {
  const path = join(folder, 'many-tracks.mkv');
  const half = (seconds * 1000) / 2;
  const chapters = CHAPTERS.map(
    (title, i) => `[CHAPTER]\nTIMEBASE=1/1000\nSTART=${i * half}\nEND=${(i + 1) * half}\ntitle=${title}\n`,
  );
  writeFileSync(join(folder, 'chapters.txt'), `;FFMETADATA1\n${chapters.join('')}`);
  const inputs = [...video(seconds), ...tone(440, seconds), ...tone(880, seconds), '-i', 'chapters.txt'];
  const maps = ['-map', '0:v', '-map', '1:a', '-map', '2:a', '-map_metadata', '3', '-map_chapters', '3'];
  const tags = ['-metadata:s:a:0', 'language=jpn', '-metadata:s:a:1', 'language=ger'];
  ffmpeg(folder, [...inputs, ...maps, ...tags, ...CLOSED, '-c:a', 'aac', path]);
  return path;
}

/** Check 25: named like a film, but text. */
export function textFilm(folder: string): string {
  const path = join(folder, 'x.mkv');
  writeFileSync(path, 'This is no film, whatever its name says.\n'.repeat(200));
  return path;
}
