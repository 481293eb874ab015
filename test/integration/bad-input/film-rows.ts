import type { FilmName } from './films.ts';
import type { JobRow } from './rows.ts';

const FILMS: readonly (readonly [FilmName, string])[] = [
  ['text', 'the file is no video that ffmpeg can read: the file: Invalid data found'],
  ['random', 'the file is no video that ffmpeg can read: the file: Invalid data found'],
  ['cut off', 'the file is no video that ffmpeg can read: the file: Invalid data found'],
  ['no head', 'the file is no video that ffmpeg can read: the file: '],
  ['empty container', 'the file is no video that ffmpeg can read: the file: '],
  ['only audio', 'the file has no video stream: it has audio'],
  ['only a picture', 'the file has no video stream: it has audio, a cover picture'],
];

/** All are told before any clip is made, by one attempt. */
export const FILM_ROWS: readonly JobRow[] = FILMS.map(([film, says]) => ({
  name: film,
  film,
  code: 'source_unreadable',
  stage: 'index',
  says,
  attempts: 'one',
}));
