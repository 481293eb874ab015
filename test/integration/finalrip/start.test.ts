import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ENCODE,
  JOB_MS,
  makeFilm,
  SCRIPT,
  slowScript,
  startFinalripGrid,
  type FinalripGrid,
} from '../../support/finalrip-grid.ts';

const NO_SOURCE =
  'the VapourSynth Script code must contain FINALRIP_SOURCE environment variable to specify the source video';
const NO_OUTPUT = 'the Encode Param must contain FINALRIP_ENCODED_CLIP.mkv to specify the output video clip';
const LINE_BREAK = 'the Encode Param cannot contain line break';
const UNKNOWN = 'Task not found, please upload video first.';
const STARTED = 'Task already started.';
const BAD_FLAG = 'strconv.ParseBool: parsing "yes": invalid syntax';
const required = (field: string): string =>
  `Key: 'StartRequest.${field}' Error:Field validation for '${field}' failed on the 'required' tag`;

let grid: FinalripGrid;
let film: string;
beforeAll(async () => {
  grid = await startFinalripGrid();
  film = join(grid.folder, 'film.mkv');
  makeFilm(film, 4);
  await grid.client.pending('running.mkv', film);
  await grid.client.post('start', { video_key: 'running.mkv', script: slowScript(1), encode_param: ENCODE });
  await grid.client.pending('pending.mkv', film);
});
afterAll(() => grid.close());

describe('8. the rules of start', () => {
  afterAll(() => grid.client.post('clear', { video_key: 'running.mkv' }));

  const good = { video_key: 'pending.mkv', script: SCRIPT, encode_param: ENCODE };
  const BROKEN = 'ffmpeg -i -\nFINALRIP_ENCODED_CLIP.mkv';

  test.each([
    ['binding', { slice: 'yes' }, BAD_FLAG],
    ['script', { script: 'x' }, NO_SOURCE],
    ['output name', { encode_param: 'x265 --y4m -' }, NO_OUTPUT],
    ['line break', { encode_param: BROKEN }, LINE_BREAK],
    ['task known', { video_key: 'unknown.mkv' }, UNKNOWN],
    ['not started', { video_key: 'running.mkv' }, STARTED],
  ])('8. violated alone: %s', async (_title, change, message) => {
    expect((await grid.client.post('start', { ...good, ...change })).message).toBe(message);
    expect((await grid.client.progress('pending.mkv'))?.status).toBe('pending');
  });

  test('8. violated alone: the program rules', async () => {
    for (const encode_param of [`${ENCODE}; touch x`, 'sh -c FINALRIP_ENCODED_CLIP.mkv']) {
      const { message } = await grid.client.post('start', { ...good, encode_param });
      expect(message).toMatch(/^the Encode Param is not allowed: ./);
    }
  });

  test.each([
    ['binding, script', { slice: 'yes', script: 'x' }, BAD_FLAG],
    ['a missing field, script', { video_key: '', script: 'x' }, required('VideoKey')],
    ['script, output name', { script: 'x', encode_param: 'x265' }, NO_SOURCE],
    ['output name, line break', { encode_param: 'x265\n-' }, NO_OUTPUT],
    ['line break, task known', { encode_param: BROKEN, video_key: 'unknown.mkv' }, LINE_BREAK],
    ['line break, not started', { encode_param: BROKEN, video_key: 'running.mkv' }, LINE_BREAK],
    ['script, task known', { script: 'x', video_key: 'unknown.mkv' }, NO_SOURCE],
  ])('8. two at once give the earlier one: %s', async (_title, change, message) => {
    expect((await grid.client.post('start', { ...good, ...change })).message).toBe(message);
  });

  test('8. all three fields missing: three lines in the order of the table', async () => {
    const lines = ['EncodeParam', 'Script', 'VideoKey'].map(required).join('\n');
    expect((await grid.client.post('start', {})).message).toBe(lines);
  });
});

describe('9. and 12. what start takes', { timeout: JOB_MS }, () => {
  test('9. trailing white space of encode_param goes, a script with CRLF stays', async () => {
    const { client } = grid;
    await client.pending('nine.mkv', film);
    const script = SCRIPT.replaceAll('\n', '\r\n');
    const started = await client.post(
      'start',
      { video_key: 'nine.mkv', script, encode_param: `${ENCODE} \t\r\n \r\n` },
      'urlencoded',
    );
    expect(started.text).toBe('{"success":true}');
    const data = await client.progress('nine.mkv');
    expect(data?.encode_param).toBe(ENCODE);
    expect(data?.script).toBe(script);
    await client.completed('nine.mkv');
  });

  test('9. a line break inside is refused', async () => {
    const encode_param = ENCODE.replace(' -c:v', '\r\n-c:v');
    const { message } = await grid.client.post(
      'start',
      { video_key: 'pending.mkv', script: SCRIPT, encode_param },
      'urlencoded',
    );
    expect(message).toBe(LINE_BREAK);
  });

  test.each([
    ['slice=false', { slice: 'false' }, 1],
    ['slice=', { slice: '' }, 1],
    ['slice=true', { slice: 'true' }, 2],
    ['no slice, queue=foo', { queue: 'foo' }, 2],
  ])('12. %s', async (title, fields, clips) => {
    const { client } = grid;
    const video_key = `twelve ${title}.mkv`;
    await client.pending(video_key, film);
    const start = { video_key, script: SCRIPT, encode_param: ENCODE, ...fields };
    expect((await client.post('start', start)).text).toBe('{"success":true}');
    const planned = await client.until(video_key, (data) => data.progress.length > 0);
    expect(planned.progress.length).toBe(clips);
  });

  test('12. slice=yes and timeout=1.5', async () => {
    const { client } = grid;
    const start = { video_key: 'pending.mkv', script: SCRIPT, encode_param: ENCODE };
    expect((await client.post('start', { ...start, slice: 'yes' })).message).toBe(BAD_FLAG);
    expect((await client.post('start', { ...start, timeout: '1.5' })).message).toBe(
      'strconv.ParseInt: parsing "1.5": invalid syntax',
    );
  });
});

describe('starting again', { timeout: JOB_MS }, () => {
  test('a failed task starts again with new values, a completed one only with restart=true', async () => {
    const { client } = grid;
    const video_key = 'again.mkv';
    await client.pending(video_key, film);
    const bad = `raise Exception('no FINALRIP_SOURCE today')`;
    await client.post('start', { video_key, script: bad, encode_param: ENCODE });
    const failed = await client.until(video_key, (data) => data.state === 'failed');
    expect(failed.status).toBe('running');
    expect(failed.failure?.log).toContain('no FINALRIP_SOURCE today');

    const good = { video_key, script: SCRIPT, encode_param: ENCODE };
    expect((await client.post('start', good)).text).toBe('{"success":true}');
    const first = await client.completed(video_key);
    expect(first.script).toContain('clip.set_output');

    expect((await client.post('start', good)).message).toBe(STARTED);
    const whole = { ...good, slice: 'false', restart: 'true' };
    expect((await client.post('start', whole)).text).toBe('{"success":true}');
    const again = await client.progress(video_key);
    expect([again?.status, again?.encode_key, again?.encode_url]).toEqual(['running', '', '']);
    const second = await client.completed(video_key);
    expect(second.progress.length).toBe(1);
    // Of the first start nothing is left under a name that the second does not have.
    expect(await grid.objectsNamed(first.progress.map((clip) => clip.encode_key))).toEqual([
      `${video_key}-clip-encoded-0.mkv`,
    ]);
  });
});
