import { describe, expect, it } from 'vitest';
import { commandOf } from '../../../../../coordinator/dialects/openencoder/jobs/command.ts';
import { percent, shown, type Shown } from '../../../../../coordinator/dialects/openencoder/jobs/derive.ts';
import { newGuid } from '../../../../../coordinator/dialects/openencoder/jobs/guid.ts';
import {
  isResultFile,
  keyOf,
  nameOf,
  sourceKeys,
} from '../../../../../coordinator/dialects/openencoder/jobs/places.ts';
import { presetCommand } from '../../../../../coordinator/dialects/openencoder/presets/preset-data.ts';
import type { JobView } from '../../../../../coordinator/grid/face.ts';
import type { TaskView } from '../../../../../coordinator/domain/task.ts';
import { systemIds } from '../../../../../shared/ids.ts';

describe('places (contract 3.3)', () => {
  it.each([
    ['src/t.mp4', 'src/t.mp4'],
    ['s3:///src/t.mp4', 'src/t.mp4'],
    ['s3://any/src/t.mp4', 'src/t.mp4'],
    ['/src/t.mp4', 'src/t.mp4'],
    ['s3:///a b?c#d.mp4', 'a b?c#d.mp4'],
    ['s3://bucket', ''],
    ['dst/t/', 'dst/t/'],
    ['dst/x', 'dst/x'],
  ])('the key of %s', (place, key) => {
    expect(keyOf(place)).toBe(key);
  });
  it('takes escapes out only for a second try', () => {
    expect(sourceKeys('s3:///a%20b.mp4')).toEqual(['a%20b.mp4', 'a b.mp4']);
    expect(sourceKeys('a.mp4')).toEqual(['a.mp4']);
    expect(sourceKeys('100%.mp4')).toEqual(['100%.mp4']);
  });
  it('names the job by the file', () => {
    expect(nameOf('s3:///src/t.mp4')).toBe('t.mp4');
    expect(nameOf('s3://b/')).toBe('source');
  });
  it('takes the logs of passes for no result', () => {
    const names = ['o.mp4', 'ffmpeg2pass-0.log', 'ffmpeg2pass-0.log.mbtree', 'x265_2pass.log', 's001.ts'];
    expect(names.filter(isResultFile)).toEqual(['o.mp4', 's001.ts']);
  });
});

describe('ids of jobs', () => {
  it('have 20 digits of base 32 and sort by time', () => {
    const ids = systemIds(() => 0);
    const at = (ms: number): string => newGuid(ids, ms);
    const guids = [at(1_600_000_000_000), at(1_700_000_000_000), at(1_800_000_000_000)];
    for (const guid of guids) expect(guid).toMatch(/^[0-9a-v]{20}$/);
    expect(guids.toSorted()).toEqual(guids);
    expect(at(0)).not.toBe(at(0));
  });
});

describe('commands', () => {
  const frame = ['ffmpeg', '-hide_banner', '-loglevel', 'error', '-i', 'CLIPGRID_SOURCE'];
  it('have the common frame and one -y', () => {
    const { programs, outputName } = commandOf(presetCommand('{"raw":["-c copy","-y"]}'), 'o.mp4');
    expect(programs).toEqual([[...frame, '-c', 'copy', '-y', 'o.mp4']]);
    expect(outputName).toBe('o.mp4');
  });
  const twoPass = (video: object): readonly (readonly string[])[] =>
    commandOf(presetCommand(JSON.stringify({ video: { pass: '2', bitrate: '1M', ...video } })), 'o.mp4')
      .programs;
  it('of two passes are two, and the first writes nothing', () => {
    expect(twoPass({ codec: 'libx264' })).toEqual([
      [...frame, '-c:v', 'libx264', '-b:v', '1M', '-pass', '1', '-an', '-f', 'null', '-'],
      [...frame, '-c:v', 'libx264', '-b:v', '1M', '-pass', '2', '-y', 'o.mp4'],
    ]);
  });
  it.each([
    ['', 'pass=2'],
    ['keyint=60', 'keyint=60:pass=2'],
  ])('tell x265 of its pass by its own options: %j', (codec_options, params) => {
    const [, second] = twoPass({ codec: 'libx265', codec_options });
    expect(second).toEqual([
      ...frame,
      '-c:v',
      'libx265',
      '-b:v',
      '1M',
      '-x265-params',
      params,
      '-y',
      'o.mp4',
    ]);
  });
});

const FRESH: Shown = { status: 'downloading', progress: 99.99, speed: null, fps: 0 };
const PROBE = { kind: 'probe', state: 'succeeded' } as TaskView;
const job = (state: JobView['state'], more: Partial<JobView> = {}): JobView =>
  ({
    state,
    spec: { shape: 'media' },
    framesDone: 0,
    framesTotal: 200,
    fps: 0,
    speed: 0,
    ...more,
  }) as JobView;
const media = (task: Partial<TaskView>): TaskView =>
  ({ kind: 'media', state: 'leased', phase: 'encode', ...task }) as TaskView;

describe('the status of a job (contract 3.2)', () => {
  it('goes through its stages', () => {
    expect(shown(FRESH, job('indexing'), [{ ...PROBE, state: 'ready' }])).toEqual(FRESH);
    const probing = shown(FRESH, job('indexing'), [{ ...PROBE, state: 'leased' }]);
    expect(probing).toEqual({ status: 'probing', progress: 0, speed: null, fps: 0 });
    const fetching = shown(probing, job('encoding'), [PROBE, media({ phase: 'fetch' })]);
    expect(fetching.status).toBe('probing');
    const half = { framesDone: 100, fps: 45.25, speed: 1.812 };
    const at50 = shown(fetching, job('encoding', half), [PROBE, media({})]);
    expect(at50).toEqual({ status: 'encoding', progress: 50, speed: '1.81x', fps: 45.25 });
    const all = job('encoding', { framesDone: 200 });
    const uploading = shown(at50, all, [PROBE, media({ phase: 'upload' })]);
    expect(uploading).toEqual({ status: 'uploading', progress: 0, speed: null, fps: 0 });
    expect(shown(uploading, job('succeeded'), [PROBE]).status).toBe('uploading');
  });
  it('of clips goes through the same: a look, clips until all segments are there, their merge', () => {
    const look = (state: JobView['state']) => job(state, { spec: { shape: 'index' } as JobView['spec'] });
    const index = (state: TaskView['state']): TaskView => ({ kind: 'index', state }) as TaskView;
    expect(shown(FRESH, look('indexing'), [index('ready')])).toEqual(FRESH);
    const probing = shown(FRESH, look('indexing'), [index('leased')]);
    expect(probing.status).toBe('probing');
    expect(shown(probing, look('succeeded'), [index('succeeded')]).status).toBe('probing');
    const film = (state: JobView['state'], more: Partial<JobView> = {}) =>
      job(state, { spec: { shape: 'film' } as JobView['spec'], clipsTotal: 2, clipsDone: 0, ...more });
    const clip = (state: TaskView['state']): TaskView => ({ kind: 'encode', state }) as TaskView;
    const audio = { kind: 'audio', state: 'leased' } as TaskView;
    expect(shown(probing, film('encoding'), [clip('ready'), clip('ready'), audio]).status).toBe('probing');
    const begun = shown(probing, film('encoding'), [clip('leased'), clip('ready'), audio]);
    expect(begun).toEqual({ status: 'encoding', progress: 0, speed: null, fps: 0 });
    // Its tasks are not looked at any more.
    const half = { framesDone: 100, clipsDone: 1, fps: 30, speed: 2.5 };
    const at50 = shown(begun, film('encoding', half), []);
    expect(at50).toEqual({ status: 'encoding', progress: 50, speed: '2.50x', fps: 30 });
    const again = shown(at50, film('encoding', { framesDone: 20 }), []);
    expect(again).toMatchObject({ status: 'encoding', progress: 50 });
    // All segments are there, the sound is not.
    const segments = film('encoding', { framesDone: 200, clipsDone: 2 });
    expect(shown(at50, segments, [])).toEqual({ status: 'uploading', progress: 0, speed: null, fps: 0 });
    expect(shown(at50, film('merging', { clipsDone: 2 }), []).status).toBe('uploading');
    expect(shown(at50, film('succeeded', { clipsDone: 2 }), []).status).toBe('uploading');
  });
  it('stays where it is when the task starts anew', () => {
    const encoding: Shown = { status: 'encoding', progress: 70, speed: '2.00x', fps: 50 };
    const again = shown(encoding, job('encoding'), [PROBE, media({ state: 'ready' })]);
    expect(again).toEqual({ status: 'encoding', progress: 70, speed: null, fps: 0 });
    expect(shown(again, job('encoding', { framesDone: 20 }), [PROBE, media({})]).progress).toBe(70);
  });
  it('tells no 100 % before the end, and nothing where it knows nothing', () => {
    expect(percent(200, 200)).toBe(99.99);
    expect(percent(300, 200)).toBe(99.99);
    expect(percent(1, 3)).toBe(33.33);
    expect(percent(5, 0)).toBe(0);
  });
});
