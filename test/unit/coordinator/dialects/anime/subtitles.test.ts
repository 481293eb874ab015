import { expect, it } from 'vitest';
import { checkMediaCommand } from '../../../../../shared/media-command.ts';
import { masterPlaylist } from '../../../../../coordinator/dialects/anime/playlists.ts';
import { publishedFile } from '../../../../../coordinator/dialects/anime/paths.ts';
import {
  subtitleFacts,
  subtitleJob,
  subtitlePlaylist,
  timedTrack,
} from '../../../../../coordinator/dialects/anime/subtitles.ts';
import { trackNames } from '../../../../../coordinator/dialects/anime/track-names.ts';

const probe = (...streams: object[]) =>
  JSON.stringify({ streams: streams.map((one, index) => ({ index, ...one })) });
const text = (codec: string, more: object = {}) => ({ codec_type: 'subtitle', codec_name: codec, ...more });
const attached = (filename: string, mimetype: string, bytes = 9) => ({
  codec_type: 'attachment',
  extradata_size: bytes,
  tags: { filename, mimetype },
});

it('text is published, pictures and what no player reads are left out with a word', () => {
  const facts = subtitleFacts(
    probe(
      { codec_type: 'video', codec_name: 'h264' },
      text('ass', { disposition: { default: 1, forced: 0 }, tags: { language: 'jpn' } }),
      text('hdmv_pgs_subtitle'),
      text('subrip', { disposition: { default: 1, forced: 1 }, tags: { LANGUAGE: 'und', title: 'a"b' } }),
      text('dvd_subtitle'),
      { codec_type: 'subtitle' },
    ),
  );
  expect(facts.tracks).toMatchObject([
    { track: 0, streamIndex: 1, name: 'jpn', language: 'jpn', isDefault: true, isStyled: true },
    {
      track: 1,
      streamIndex: 3,
      name: 'a b',
      language: '',
      isDefault: false,
      isForced: true,
      isStyled: false,
    },
  ]);
  expect(facts.leftOut).toEqual([
    'left out: subtitles of stream 2: hdmv_pgs_subtitle is no text',
    'left out: subtitles of stream 4: dvd_subtitle is no text',
    'left out: subtitles of stream 5: these is no text',
  ]);
});

it('fonts have names of ours, and come only with styled text', () => {
  const fonts = [
    attached('../../a b.OTF', 'application/octet-stream'),
    attached('cover.jpg', 'image/jpeg'),
    attached('no ending', 'font/ttf'),
    attached('empty.ttf', 'font/ttf', 0),
  ];
  expect(subtitleFacts(probe(text('ass'), ...fonts)).fonts).toEqual([
    { streamIndex: 1, name: 'font000.otf' },
    { streamIndex: 3, name: 'font001.ttf' },
  ]);
  expect(subtitleFacts(probe(text('subrip'), ...fonts)).fonts).toEqual([]);
});

it('bounds of tracks and fonts are told', () => {
  const facts = subtitleFacts(
    probe(
      ...Array.from({ length: 33 }, () => text('ass')),
      ...Array.from({ length: 101 }, () => attached('a.ttf', 'font/ttf')),
    ),
  );
  expect([facts.tracks.length, facts.fonts.length]).toEqual([32, 100]);
  expect(facts.leftOut).toEqual([
    'left out: subtitles of stream 32: more than 32',
    'left out: fonts beyond the first 100',
  ]);
});

it('the command is one that agents run, and all that it writes can be published', () => {
  const facts = subtitleFacts(probe(text('ass'), text('mov_text'), attached('a.ttf', 'font/ttf')));
  const spec = subtitleJob({ bucket: 'b', key: 'k', sizeBytes: 1, name: 'n' } as never, facts);
  expect(checkMediaCommand(spec.command)).toEqual(spec.command.programs);
  const written = spec.command.programs.flat().filter((word) => word.startsWith('subtitles_'));
  expect(written).toEqual(['subtitles_0.ass', 'subtitles_0.vtt', 'subtitles_1.vtt']);
  for (const name of [...written, 'font000.ttf', 'playlist_subtitles_31.m3u8'])
    expect(publishedFile(`/x/${name}`)).toEqual({ dstPath: 'x', name });
  for (const name of ['subtitles_0.srt', 'font000.exe', 'font0.ttf', 'playlist_subtitles_.m3u8'])
    expect(publishedFile(`/x/${name}`)).toBeUndefined();
});

it('no two tracks have one name, and all are text', () => {
  const title = (name: string) => ({ title: name, language: '' });
  expect(trackNames([title('X (3)'), title('X'), title('X'), title('')], 'Track')).toEqual([
    'X (3)',
    'X',
    'X (4)',
    'Track 4',
  ]);
  const [long = ''] = trackNames([title(`${'a'.repeat(99)}\u{1f600}\u{1f600}`)], 'Track');
  expect(long).toBe(`${'a'.repeat(99)}\u{1f600}`);
});

it('what is no WebVTT is none, and what is one says where its times lie', () => {
  expect(timedTrack('WEBVTT\n\n00:01.000 --> 00:02.000\nx\n')).toBe(
    'WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:126000,LOCAL:00:00:00.000\n\n00:01.000 --> 00:02.000\nx\n',
  );
  expect(timedTrack('<html>')).toBeUndefined();
  expect(subtitlePlaylist(3, 7.2)).toContain('#EXT-X-TARGETDURATION:8\n');
});

it('a master without text is what it was', () => {
  const facts = {
    key: '48p',
    width: 86,
    height: 48,
    bandwidth: 2,
    averageBandwidth: 1,
    codecs: 'a',
    frameRate: 24,
  };
  expect(masterPlaylist([facts])).not.toMatch(/SUBTITLES|EXT-X-MEDIA/);
  const { tracks } = subtitleFacts(probe(text('ass')));
  expect(masterPlaylist([facts], [], tracks)).toContain('FRAME-RATE=24.000,SUBTITLES="subtitles"\n');
});
