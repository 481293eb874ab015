import { expect, test } from 'vitest';
import { firstTask, mediaPlan } from '../../../../coordinator/domain/media-plan.ts';
import { CAPABILITIES, MEDIA, PASS_THROUGH } from '../../../support/store-moves.ts';

const PROBED = { probeJson: '{}', durationSeconds: 4, frameCount: 100, hasVideo: true };
const withCodec = (codec: string, known: readonly string[] = CAPABILITIES) => {
  const programs = [['ffmpeg', '-i', 'CLIPGRID_SOURCE', '-c:v', codec, 'OUT.mp4']];
  const spec = { ...MEDIA, command: { ...MEDIA.command, programs } };
  return mediaPlan(spec, PROBED, new Set(known)).tasks[0]?.requires;
};

test('a job begins with a look at its source', () => {
  expect(firstTask(MEDIA)).toMatchObject({ kind: 'probe', requires: ['program:ffmpeg'] });
  expect(firstTask(PASS_THROUGH)).toMatchObject({ kind: 'index' });
});

test('what the look told is what progress is measured by', () => {
  const { summary, tasks } = mediaPlan({ ...MEDIA, timeoutS: 60 }, PROBED, new Set());
  expect(summary).toEqual({ frameCount: 100, durationS: 4 });
  expect(tasks).toHaveLength(1);
  expect(tasks[0]).toMatchObject({
    kind: 'media',
    framesTotal: 100,
    spec: { kind: { value: { frameCount: 100, hasVideo: true, timeoutSeconds: 60 } } },
  });
});

test('an encoder is asked for where somebody has it; what nobody has is tried, unless it needs hardware', () => {
  expect(withCodec('libx264')).toEqual(['encoder:libx264', 'program:ffmpeg']);
  expect(withCodec('libnonsense')).toEqual(['program:ffmpeg']);
  expect(withCodec('hevc_nvenc')).toEqual(['encoder:hevc_nvenc', 'program:ffmpeg']);
  expect(withCodec('libx264', [])).toEqual(['program:ffmpeg']);
});
