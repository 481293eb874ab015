import { expect, test } from 'vitest';
import { checkedSpec } from '../../../../coordinator/domain/check-spec.ts';
import { MEDIA, PASS_THROUGH } from '../../../support/store-moves.ts';

const withWords = (outputName: string, ...argv: string[]) =>
  checkedSpec({ ...MEDIA, command: { text: '', programs: [['ffmpeg', ...argv, outputName]], outputName } });

test('a media job runs only what its command may, under the bare names of its programs', () => {
  const programs = [['/opt/ffmpeg', '-i', 'CLIPGRID_SOURCE', 'OUT.mp4']];
  const spec = checkedSpec({ ...MEDIA, command: { ...MEDIA.command, programs } });
  const bare = [['ffmpeg', '-i', 'CLIPGRID_SOURCE', 'OUT.mp4']];
  expect(spec).toMatchObject({ command: { programs: bare } });
  expect(() => withWords('OUT.mp4', '-i', '/etc/passwd')).toThrow('the only input is the source');
});

test('what it writes is a flat name', () => {
  expect(() => withWords('a/b.mp4', '-i', 'CLIPGRID_SOURCE')).toThrow('"a/b.mp4" is not the name of a file');
});

test('what a film cannot be cut or packaged by names the field', () => {
  const borders = { everyS: 5, perClip: 6 };
  const files = { kind: 'hls', fileName: 'output%04d.ts' } as const;
  const film = (more: object) => () => checkedSpec({ ...PASS_THROUGH, ...more });
  expect(film({ clips: { mode: 'auto', borders }, package: files })).not.toThrow();
  expect(film({ package: files })).toThrow('clips.borders, which is missing');
  expect(film({ clips: { mode: 'auto', borders: { everyS: 0, perClip: 6 } } })).toThrow(
    'clips.borders.everyS 0',
  );
  expect(film({ clips: { mode: 'auto', borders: { everyS: 5, perClip: 1.5 } } })).toThrow('perClip 1.5');
  for (const fileName of ['all.ts', 'a/%04d.ts', '%04d\n.ts', 'x'.repeat(195) + '%04d.ts'])
    expect(film({ clips: { mode: 'auto', borders }, package: { kind: 'hls', fileName } })).toThrow(
      'fileName',
    );
});

test('a film is the matter of whoever checked its command', () => {
  expect(checkedSpec(PASS_THROUGH)).toBe(PASS_THROUGH);
});

test.each([
  'movie=/etc/passwd',
  'scale=1:1,drawtext',
  'scale=w=1[out];movie=x',
  'subtitles',
  'scale=1\\:1',
  '',
])('filters of a film are of those that change the picture only: %j is none', (filter) => {
  const film = { ...PASS_THROUGH, filters: ['gradfun', filter] };
  expect(() => checkedSpec(film)).toThrow(`the filter ${JSON.stringify(filter)} is not among`);
});

test('filters are for the pass-through', () => {
  const filters = ['gradfun', 'scale=640:360:flags=lanczos+full_chroma_int', 'setsar=1'];
  expect(() => checkedSpec({ ...PASS_THROUGH, filters })).not.toThrow();
  const script = { ...PASS_THROUGH.script, text: 'clip.set_output()' };
  expect(() => checkedSpec({ ...PASS_THROUGH, script, filters })).toThrow('a script filters by itself');
});
