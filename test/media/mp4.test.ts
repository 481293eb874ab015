import { describe, expect, test } from 'vitest';
import { checkPassage } from './check-passage.ts';
import { ODD_RECIPES } from './odd-recipes.ts';
import { RECIPES, type Recipe } from './recipes.ts';
import { ffmpegEncoder } from './short-film.ts';

type Expectation = Recipe['expect'];

/** Torture sources that end in an MP4, and what is other than in Matroska. */
const SUBSET: Readonly<Record<string, Partial<Expectation>>> = {
  'open GOPs of x264': {},
  'variable frame rate in MP4, with B-frames': {},
  'variable frame rate in Matroska': {},
  'video starts 0.72 s after the audio': {},
  'audio starts late': {},
  'HDR10 tags': {},
  'two audio tracks with languages and titles': {},
  'mov_text subtitles': { streams: ['audio:aac', 'subtitle:mov_text'] },
  'text subtitles': { streams: ['audio:aac', 'subtitle:mov_text', 'subtitle:mov_text'] },
  // QuickTime chapters are a text track of their own.
  'chapters with titles and a title of the film': { streams: ['audio:aac', 'data:bin_data'] },
  'attached fonts': {
    streams: ['audio:aac', 'subtitle:mov_text'],
    attachments: [],
    logged: ['left out: attachment stream', 'mp4 cannot hold it'],
  },
  'ProRes with PCM in MOV': { streams: ['audio:flac'] },
  '24000/1001 frames a second': {},
  'a rotated picture in MP4': {},
  'a time base that no rate divides': {},
  'bitmap subtitles': {
    streams: ['audio:flac'],
    logged: ['left out: subtitle stream', 'hdmv_pgs_subtitle'],
  },
};

const ALL = [...RECIPES, ...ODD_RECIPES];

/** A tick of these files is at most 1/10000 s; Matroska sources have rounded to a millisecond before. */
const TICK_S: Readonly<Record<string, number>> = { mp4: 0.00011, mov: 0.00011, mkv: 0.0006 };

const X264 = ffmpegEncoder('-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-qp', '0');

describe.each(ALL.filter((recipe) => SUBSET[recipe.name]))('$name, as MP4', (recipe) => {
  test('every frame in is a frame out, within one tick of its time', { timeout: 120_000 }, async () => {
    const expected = { ...recipe.expect, ...SUBSET[recipe.name] };
    const passage = { container: 'mp4' as const, encoders: [X264] };
    await checkPassage(recipe, { expected, passage, tickS: TICK_S[recipe.as]! });
  });
});

test('every name of the subset is a torture source', () => {
  const names = new Set(ALL.map((recipe) => recipe.name));
  expect(Object.keys(SUBSET).filter((name) => !names.has(name))).toEqual([]);
});
