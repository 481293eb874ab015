import type { CommandSpec } from '../../domain/job.ts';
import { SHEET_PATTERN, sheetName } from './paths.ts';
import type { SourcePicture } from './keys.ts';

/** Seconds of film that one picture stands for. */
const EVERY_S = 5;
const WIDTH = 160;
/** Pictures of a sheet lie in so many columns and rows. */
const SIDE = 10;
const PER_SHEET = SIDE * SIDE;

function heightOf({ width, height }: Pick<SourcePicture, 'width' | 'height'>): number {
  return Math.min(10 * WIDTH, Math.max(2, 2 * Math.round((WIDTH * height) / width / 2)));
}

/** Makes all sheets in one pass over the source. The picture of an interval is one of its middle. */
export function spriteCommand(picture: SourcePicture): CommandSpec {
  const small = `scale=${WIDTH}:${heightOf(picture)},setsar=1`;
  const filters = `fps=1/${EVERY_S}:start_time=0:eof_action=pass,${small},tile=${SIDE}x${SIDE}`;
  const argv = ['ffmpeg', '-i', 'CLIPGRID_SOURCE', '-map', '0:V:0', '-vf', filters, '-q:v', '5'];
  argv.push('-f', 'image2', '-start_number', '0', SHEET_PATTERN);
  return { text: argv.join(' '), programs: [argv], outputName: SHEET_PATTERN };
}

function timestamp(seconds: number): string {
  const ms = Math.round(seconds * 1000);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const [hours, minutes] = [ms / 3_600_000, (ms / 60_000) % 60];
  return `${two(hours)}:${two(minutes)}:${two((ms / 1000) % 60)}.${String(ms % 1000).padStart(3, '0')}`;
}

/** The WebVTT track that tells a player which part of which sheet is shown when (Media Fragments: `#xywh`). */
export function thumbnailTrack(durationS: number, sheets: number, picture: SourcePicture): string {
  const height = heightOf(picture);
  const count = Math.min(sheets * PER_SHEET, Math.max(1, Math.ceil(durationS / EVERY_S)));
  const cues = Array.from({ length: count }, (_, i) => {
    const [column, row] = [i % SIDE, Math.floor((i % PER_SHEET) / SIDE)];
    const from = timestamp(i * EVERY_S);
    const to = timestamp(Math.max(i * EVERY_S + 0.001, Math.min(durationS, (i + 1) * EVERY_S)));
    const part = `#xywh=${column * WIDTH},${row * height},${WIDTH},${height}`;
    return `${from} --> ${to}\n${sheetName(Math.floor(i / PER_SHEET))}${part}\n`;
  });
  return ['WEBVTT\n', ...cues].join('\n');
}
