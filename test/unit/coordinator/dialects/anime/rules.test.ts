import { describe, expect, it, test } from 'vitest';
import { keyProblem, parseKey, planLadder } from '../../../../../coordinator/dialects/anime/keys.ts';
import { chooseDeblocking } from '../../../../../coordinator/dialects/anime/make-ladder.ts';
import { playlistName, publishedFile, segmentName } from '../../../../../coordinator/dialects/anime/paths.ts';
import { encoderArgv, filterChain, filterLine } from '../../../../../coordinator/dialects/anime/picture.ts';
import { audioCommand } from '../../../../../coordinator/dialects/anime/make-ladder.ts';
import { soundJob, soundTracks } from '../../../../../coordinator/dialects/anime/sounds.ts';
import { checkMediaCommand } from '../../../../../shared/media-command.ts';
import { masterPlaylist, mediaPlaylist } from '../../../../../coordinator/dialects/anime/playlists.ts';
import { sourceFacts } from '../../../../../coordinator/dialects/anime/probe.ts';
import { isSuccess, stateOf, type Work } from '../../../../../coordinator/dialects/anime/states.ts';
import { clipRequirements } from '../../../../../coordinator/domain/requirements.ts';
import { checkSourceFilters, RUNS_FILTERS } from '../../../../../shared/source-filters.ts';

const upright = (width: number, height: number) => ({ width, height, turn: 0 }) as const;
const sizes = (plans: ReturnType<typeof planLadder>) =>
  plans.map(({ key, width, height }) => `${key.text} ${width}x${height}`);

describe('check 11: sizes', () => {
  it('of 853x480 all are even', () => {
    expect(
      sizes(planLadder(['1080p', '720p', '480p', '360p', '145p'], upright(853, 480), 'lanczos')),
    ).toEqual(['1080p 1920x1080', '720p 1280x720', '480p 854x480', '360p 640x360', '145p 258x146']);
  });

  it('never upscaled, one stays at the size of the source', () => {
    expect(sizes(planLadder(['1080p', '480p', '360p'], upright(853, 480), 'never'))).toEqual([
      '480p 854x480',
      '360p 640x360',
    ]);
    expect(sizes(planLadder(['1080p', '480p'], upright(321, 241), 'never'))).toEqual(['480p 322x242']);
  });

  it.each(['720', 'p', '720P', '0p', '15p', '4321p', '720p_spp', '720p_uspp ', '00000720p', '0720p'])(
    '%j is no key',
    (key) => expect(keyProblem(key)).toContain(JSON.stringify(key)),
  );
});

const probe = (video: object, ...audio: object[]) =>
  JSON.stringify({
    streams: [
      { codec_type: 'video', disposition: { attached_pic: 1 }, width: 9, height: 9 },
      { codec_type: 'video', ...video },
      ...audio.map((sound) => ({ codec_type: 'audio', ...sound })),
    ],
    format: {},
  });

describe('what ffprobe tells of a source', () => {
  it.each([
    [
      { width: 720, height: 576, sample_aspect_ratio: '16:11' },
      { width: 720 * (16 / 11), height: 576, turn: 0 },
    ],
    [
      { width: 720, height: 576, sample_aspect_ratio: '0:1' },
      { width: 720, height: 576, turn: 0 },
    ],
    [
      { width: 1920, height: 1080, side_data_list: [{}, { rotation: -90 }] },
      { width: 1080, height: 1920, turn: 90 },
    ],
    [
      { width: 64, height: 48, side_data_list: [{ rotation: 90 }] },
      { width: 48, height: 64, turn: 270 },
    ],
  ])('the picture of %j', (video, picture) => {
    expect(sourceFacts(probe(video)).picture).toEqual(picture);
  });

  it('which sound is carried as it is', () => {
    const { sounds } = sourceFacts(
      probe(
        { width: 2, height: 2 },
        { codec_name: 'aac', profile: 'LC', channels: 2 },
        { codec_name: 'aac', profile: 'HE-AAC', channels: 6 },
      ),
    );
    expect(sounds).toEqual([
      { isPlainAac: true, channels: 2, language: '', title: '', isDefault: false },
      { isPlainAac: false, channels: 6, language: '', title: '', isDefault: false },
    ]);
  });

  it('without a picture it cannot be read', () => {
    const sound = JSON.stringify({ streams: [{ codec_type: 'audio' }] });
    expect(() => sourceFacts(sound)).toThrow('no video');
  });

  it.each(['', 'null', '{"streams":{}}', '{"streams":[{"codec_type":"video","width":"2"}]}'])(
    'what is not understood is the end of the job, and not asked for again: %j',
    (text) => {
      expect(() => sourceFacts(text)).toThrow(expect.objectContaining({ code: 'source_unreadable' }));
    },
  );
});

const [plain, filtered] = planLadder(['720p', '720p_uspp'], upright(1920, 1080), 'lanczos');

test('check 12: the filter of a _uspp key, its fallback, and what the log says of it', () => {
  const chain = (deblocking: 'uspp' | 'spp') =>
    filterChain(filtered!, upright(1920, 1080), { deblocking, qp: 8 });
  expect(chain('uspp').join(',')).toMatch(
    /^uspp=qp=8,gradfun,scale=1280:720:flags=lanczos\+full_chroma_int,/,
  );
  expect(chain('spp').join(',')).toMatch(/^spp=quality=5:qp=8,gradfun,scale=/);
  expect(filterChain(plain!, upright(1920, 1080), { deblocking: 'uspp', qp: 8 })[0]).toBe('gradfun');
  expect(filterLine(filtered!, { deblocking: 'uspp', qp: 8 })).toBe('filter=uspp qp=8');
  expect(filterLine(filtered!, { deblocking: 'spp', qp: 8 })).toBe(
    'filter=spp qp=8 reason=no agent offers uspp',
  );
  const script = { text: '', sourceVariable: '', sourceName: '' };
  const command = { text: '', programs: [encoderArgv()], outputName: '' };
  const requires = (filters: string[]) => clipRequirements({ script, command, filters });
  const always = ['encoder:libx264', 'program:ffmpeg', RUNS_FILTERS];
  expect(requires(chain('uspp'))).toEqual([...always, 'filter:uspp']);
  expect(requires(filterChain(plain!, upright(1920, 1080), { deblocking: 'uspp', qp: 8 }))).toEqual(always);
  for (const deblocking of ['uspp', 'spp'] as const)
    expect(() => checkSourceFilters(chain(deblocking))).not.toThrow();
});

describe('check 10: names and playlists', () => {
  it('of a plain key say _uspp, of the filtered one more', () => {
    const [key, full] = [parseKey('1080p'), parseKey('1080p_uspp')];
    expect([playlistName(key), segmentName(key, 0)]).toEqual([
      'playlist_h264_1080p_uspp.m3u8',
      'output0000_h264_1080p_uspp.ts',
    ]);
    expect([playlistName(full), segmentName(full, 12)]).toEqual([
      'playlist_h264_1080p_uspp_full.m3u8',
      'output0012_h264_1080p_uspp_full.ts',
    ]);
  });

  it('a rendition lists its segments by absolute paths', () => {
    const key = parseKey('1080p');
    const names = [0, 1, 2].map((index) => segmentName(key, index));
    const listed = { names, durations: [5, 5.04, 2] };
    const text = mediaPlaylist(listed, { dstPath: 'シ o/e#1', publicPrefix: '/m' });
    expect(text.split('\n')).toEqual([
      '#EXTM3U',
      '#EXT-X-VERSION:3',
      '#EXT-X-TARGETDURATION:5',
      '#EXT-X-MEDIA-SEQUENCE:0',
      '#EXT-X-PLAYLIST-TYPE:VOD',
      '#EXT-X-INDEPENDENT-SEGMENTS',
      '#EXTINF:5.000000,',
      '/m/%E3%82%B7%20o/e%231/output0000_h264_1080p_uspp.ts',
      '#EXTINF:5.040000,',
      '/m/%E3%82%B7%20o/e%231/output0001_h264_1080p_uspp.ts',
      '#EXTINF:2.000000,',
      '/m/%E3%82%B7%20o/e%231/output0002_h264_1080p_uspp.ts',
      '#EXT-X-ENDLIST',
      '',
    ]);
    const long = mediaPlaylist({ names, durations: [5.6] }, { dstPath: 'x', publicPrefix: '' });
    expect(long).toContain('#EXT-X-TARGETDURATION:6\n');
  });

  it('the master lists the highest first', () => {
    const facts = {
      bandwidth: 1000.2,
      averageBandwidth: 900,
      codecs: 'avc1.64001f,mp4a.40.2',
      frameRate: 24000 / 1001,
    };
    const text = masterPlaylist([
      { ...facts, key: '360p', width: 640, height: 360 },
      { ...facts, key: '720p_uspp', width: 1280, height: 720 },
      { ...facts, key: '720p', width: 1280, height: 720 },
    ]);
    const attributes =
      'BANDWIDTH=1001,AVERAGE-BANDWIDTH=900,RESOLUTION=1280x720,CODECS="avc1.64001f,mp4a.40.2",FRAME-RATE=23.976';
    expect(text).toContain(`#EXT-X-STREAM-INF:${attributes}\nplaylist_h264_720p_uspp.m3u8\n`);
    expect(text.split('\n').filter((line) => line.startsWith('playlist'))).toEqual([
      'playlist_h264_720p_uspp.m3u8',
      'playlist_h264_720p_uspp_full.m3u8',
      'playlist_h264_360p_uspp.m3u8',
    ]);
  });

  it.each([
    ['/x/y/playlist.m3u8', { dstPath: 'x/y', name: 'playlist.m3u8' }],
    ['/%E3%82%B7/output0000_h264_90p_uspp.ts', { dstPath: 'シ', name: 'output0000_h264_90p_uspp.ts' }],
    ['/playlist.m3u8', undefined],
    ['/x//playlist.m3u8', undefined],
    ['/x/%2e%2e/playlist.m3u8', undefined],
    ['/x/other.m3u8', undefined],
    ['/x/%ff/playlist.m3u8', undefined],
    ['/x/output1_h264_90p_uspp.ts', undefined],
  ])('the file of the path %s', (path, file) => {
    expect(publishedFile(path)).toEqual(file);
  });
});

describe('tracks of sound', () => {
  const sound = { isPlainAac: true, channels: 2, language: 'jpn', title: '', isDefault: false };

  it('one is nothing to choose from', () => {
    expect(soundTracks([sound])).toEqual([]);
    expect(soundTracks([])).toEqual([]);
  });

  it('each has a name of its own that a playlist can hold, and one is the default', () => {
    const wild = { ...sound, title: 'a "quoted"\nname', language: 'x"y', isDefault: true };
    const tracks = soundTracks([
      sound,
      sound,
      wild,
      { ...sound, language: 'und', channels: 6, isPlainAac: false },
    ]);
    expect(tracks.map(({ name, language, isDefault }) => [name, language, isDefault])).toEqual([
      ['jpn', 'jpn', false],
      ['jpn (2)', 'jpn', false],
      ['a  quoted  name', '', true],
      ['Track 4', '', false],
    ]);
    expect(tracks[3]?.channels).toBe(6);
  });

  it('renditions encode the first only, and the others are encoded in a job of their own, once', () => {
    const pcm = { ...sound, isPlainAac: false };
    expect(audioCommand([pcm, pcm])?.text).toContain('-c:a:0 aac -ac:a:0 2 -b:a:0 160k -c:a:1 copy');
    expect(audioCommand([sound, pcm])).toBeUndefined();
    const { command } = soundJob(
      { bucket: 'b', key: 'k', sizeBytes: 1 },
      [sound, { ...pcm, channels: 6 }],
      5,
    );
    expect(command.text).toContain('-map 0:a:1 -c:a:0 aac -ac:a:0 6 -b:a:0 384k');
    expect(checkMediaCommand(command)).toEqual(command.programs);
  });
});

describe('check 9: the state of a rendition', () => {
  const none = { leased: 0, readyAgain: 0, ended: 0 };
  it.each([
    ['encoding', {}, 'PENDING'],
    ['encoding', { leased: 1 }, 'STARTED'],
    ['encoding', { ended: 1 }, 'STARTED'],
    ['encoding', { readyAgain: 1, ended: 1 }, 'RETRY'],
    ['encoding', { readyAgain: 1, leased: 1 }, 'STARTED'],
    ['merging', { ended: 2 }, 'STARTED'],
    ['succeeded', { ended: 1 }, 'STARTED'],
    ['failed', { ended: 1 }, 'STARTED'],
    ['cancelled', {}, 'STARTED'],
  ] as const)('of a job that is %s with %j is %s', (state, tasks, expected) => {
    expect(stateOf(undefined, { state, tasks: { ...none, ...tasks } })).toBe(expected);
  });

  it('stays what it was once it is ready', () => {
    const work: Work = { state: 'encoding', tasks: { ...none, leased: 1 } };
    expect(stateOf('REVOKED', work)).toBe('REVOKED');
    expect(stateOf('SUCCESS', undefined)).toBe('SUCCESS');
    expect(stateOf(undefined, undefined)).toBe('STARTED');
  });

  it('success is all of a planned ladder', () => {
    expect(isSuccess([])).toBe(false);
    expect(isSuccess(['SUCCESS', 'STARTED'])).toBe(false);
    expect(isSuccess(['SUCCESS', 'SUCCESS'])).toBe(true);
  });
});

it.each([
  ['online', 'uspp'],
  ['draining', 'uspp'],
  ['offline', 'spp'],
  // It never comes back, and the job would wait for it.
  ['revoked', 'spp'],
] as const)('the better filter of an agent that is %s: %s', (state, expected) => {
  expect(chooseDeblocking([{ state, capabilities: ['filter:uspp'] }])).toBe(expected);
});
