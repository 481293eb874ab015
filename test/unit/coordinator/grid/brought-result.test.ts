import { expect, test } from 'vitest';
import { checkedResult } from '../../../../coordinator/grid/brought-result.ts';
import type { PackageResult, TaskResult } from '../../../../shared/gen/clipgrid/v1/task.ts';
import { FORMAT, PACKAGED } from '../../../support/store-moves.ts';

const PROBED = {
  probeJson: '{"streams":[],"format":{}}',
  durationSeconds: 4,
  frameCount: 100,
  hasVideo: true,
};
const probe = (more: Partial<typeof PROBED> = {}): TaskResult => ({
  kind: { $case: 'probe', value: { ...PROBED, ...more } },
});

const SHA256 = 'a'.repeat(64);
const BROUGHT = ['a.ts', 'b.ts'].map((name) => ({
  name: `file/${name}`,
  sha256: SHA256,
  md5: SHA256.slice(0, 32),
  sizeBytes: 188,
}));
const packaged = (more: Partial<PackageResult> = {}): TaskResult => ({
  kind: {
    $case: 'package',
    value: {
      ...PACKAGED,
      files: ['a.ts', 'b.ts'].map((name) => ({ name, durationUs: 2_000_000, sizeBytes: 188 })),
      ...more,
    },
  },
});

test('a result is of the kind of its task', () => {
  expect(checkedResult('probe', probe())).toEqual(probe());
  expect(() => checkedResult('media', probe())).toThrow(
    'a media task was completed with a result of another',
  );
  expect(() => checkedResult('probe', undefined)).toThrow('another kind');
});

test.each([
  [{ probeJson: `{"x":"${'x'.repeat(256 * 1024)}"}` }, 'at most 262144 bytes'],
  [{ probeJson: '[]' }, 'a JSON object'],
  [{ probeJson: '{' }, 'a JSON object'],
  [{ probeJson: '' }, 'a JSON object'],
  [{ frameCount: 2 ** 31 }, 'frame_count is 2147483648'],
  [{ durationSeconds: Number.NaN }, 'duration_seconds is NaN'],
  [{ durationSeconds: -1 }, 'duration_seconds is -1'],
])('what no honest agent says is refused: %#', (more, why) => {
  expect(() => checkedResult('probe', probe(more))).toThrow(why);
});

test.each([
  ['', true],
  [PROBED.probeJson, true],
  ['[]', false],
  [`{"x":"${'x'.repeat(256 * 1024)}"}`, false],
])('what is told with an index is held to the same: %#', (probeJson, isTaken) => {
  const value = { frameCount: 100, durationSeconds: 4, format: FORMAT, hasSidecar: false, probeJson };
  const check = () => checkedResult('index', { kind: { $case: 'index', value } });
  if (isTaken) expect(check()).toMatchObject({ kind: { value } });
  else expect(check).toThrow('a probe tells');
});

test('a package tells of the files that it brings', () => {
  expect(checkedResult('package', packaged(), BROUGHT)).toEqual(packaged());
});

const file = { name: 'a.ts', durationUs: 2_000_000, sizeBytes: 188 };
test.each([
  [{ codecs: 'avc1.64001f"\nhttps://elsewhere/playlist.m3u8' }, 'codecs is'],
  [{ codecs: '' }, 'codecs is'],
  [{ files: [file] }, 'tells of 1 files and brings 2'],
  [{ files: [file, file] }, '"a.ts" of 188 bytes, which it does not bring'],
  [{ files: [file, { ...file, name: '../b.ts' }] }, '"../b.ts" of 188 bytes, which'],
  [{ files: [file, { ...file, name: 'b.ts', sizeBytes: 1 }] }, '"b.ts" of 1 bytes, which'],
  [{ files: [file, { ...file, name: 'b.ts', durationUs: -1 }] }, 'duration_us is -1'],
  [{ peakBandwidth: -1 }, 'bandwidths'],
  [{ durationSeconds: Number.POSITIVE_INFINITY }, 'duration_seconds is Infinity'],
])('a package that says what no playlist can hold is refused: %#', (more, why) => {
  expect(() => checkedResult('package', packaged(more), BROUGHT)).toThrow(why);
});
