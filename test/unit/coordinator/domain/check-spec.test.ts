import { expect, test } from 'vitest';
import { checkedSpec } from '../../../../coordinator/domain/check-spec.ts';
import { MEDIA, PASS_THROUGH } from '../../../support/store-moves.ts';

const withWords = (outputName: string, ...argv: string[]) =>
  checkedSpec({ ...MEDIA, command: { text: '', programs: [['ffmpeg', ...argv, outputName]], outputName } });

test('a media job runs only what its command may, under the bare names of its programs', () => {
  const programs = [['/opt/ffmpeg', '-i', 'CLIPGRID_SOURCE', 'OUT.mp4']];
  const spec = checkedSpec({ ...MEDIA, command: { ...MEDIA.command, programs } });
  expect(spec.command.programs).toEqual([['ffmpeg', '-i', 'CLIPGRID_SOURCE', 'OUT.mp4']]);
  expect(() => withWords('OUT.mp4', '-i', '/etc/passwd')).toThrow('the only input is the source');
});

test('what it writes is a flat name', () => {
  expect(() => withWords('a/b.mp4', '-i', 'CLIPGRID_SOURCE')).toThrow('"a/b.mp4" is not the name of a file');
});

test('a film is the matter of whoever checked its command', () => {
  expect(checkedSpec(PASS_THROUGH)).toBe(PASS_THROUGH);
});
