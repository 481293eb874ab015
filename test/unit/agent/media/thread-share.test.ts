import { expect, it } from 'vitest';
import { withThreads } from '../../../../agent/media/thread-share.ts';

const COMMAND = {
  programs: [{ argv: ['ffmpeg', '-threads', 'CLIPGRID_THREADS', '-x', 'CLIPGRID_THREADS=1', 'OUT.mkv'] }],
  outputName: 'OUT.mkv',
};

it.each([
  [{ cores: 2, attempts: 1 }, '2'],
  [{ cores: 2, attempts: 4 }, '1'],
  [{ cores: 1.5, attempts: 1 }, '2'],
  [{ cores: 0.5, attempts: 3 }, '1'],
  [{ cores: 32, attempts: 3 }, '11'],
])('%j: %s threads, in the word alone', (share, threads) => {
  const argv = ['ffmpeg', '-threads', threads, '-x', 'CLIPGRID_THREADS=1', 'OUT.mkv'];
  expect(withThreads(COMMAND, share)).toEqual({ ...COMMAND, programs: [{ argv }] });
});
