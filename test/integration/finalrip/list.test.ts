import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FinalripClient } from '../../support/finalrip-client.ts';
import {
  ENCODE,
  JOB_MS,
  makeFilm,
  SCRIPT,
  slowScript,
  startFinalripGrid,
  type FinalripGrid,
} from '../../support/finalrip-grid.ts';
import { join } from 'node:path';

interface Item {
  readonly key: string;
  readonly status: string;
  readonly create_at: string;
}

let grid: FinalripGrid;
let client: FinalripClient;
beforeAll(async () => {
  grid = await startFinalripGrid();
  ({ client } = grid);
});
afterAll(() => grid.close());

const flags = (pending: boolean, running: boolean, completed: boolean) => ({ pending, running, completed });
const items = async (fields: Record<string, string | boolean | number>): Promise<Item[]> =>
  (await client.get('list', fields)).body?.data as Item[];
const keys = async (fields: Record<string, string | boolean | number>): Promise<string[]> =>
  (await items(fields)).map((item) => item.key);

describe('14. list', { timeout: JOB_MS }, () => {
  test('14. nothing there: an empty array', async () => {
    expect((await client.get('list', flags(true, true, true))).text).toBe('{"data":[],"success":true}');
  });

  test('14. filters, order and shape', async () => {
    const film = join(grid.folder, 'film.mkv');
    makeFilm(film, 2);
    for (const key of ['first.mkv', 'second.mkv', 'third.mkv']) await client.pending(key, film);
    await client.post('start', { video_key: 'second.mkv', script: SCRIPT, encode_param: ENCODE });
    await client.completed('second.mkv');
    await client.post('start', { video_key: 'first.mkv', script: slowScript(1), encode_param: ENCODE });

    expect(await keys(flags(true, true, true))).toEqual(['third.mkv', 'second.mkv', 'first.mkv']);
    expect(await keys(flags(true, false, false))).toEqual(['third.mkv']);
    expect(await keys(flags(false, true, false))).toEqual(['first.mkv']);
    expect(await keys(flags(false, false, true))).toEqual(['second.mkv']);
    expect(await keys(flags(false, false, false))).toEqual([]);
    expect(await keys({ completed: '', pending: '1', running: 'f' })).toEqual(['third.mkv']);

    for (const item of await items(flags(true, true, true))) {
      const fields = item as unknown as Record<string, unknown>;
      const names = [
        'key',
        'url',
        'encode_key',
        'encode_url',
        'encode_param',
        'script',
        'status',
        'create_at',
      ];
      for (const name of names) expect([name, typeof fields[name]]).toEqual([name, 'string']);
      expect(item.create_at).toMatch(/^\d{10}$/);
      expect(fields).not.toHaveProperty('progress');
      expect((fields['encode_key'] !== '') === (item.status === 'completed')).toBe(true);
    }
  });

  test('14. a missing flag gives its line', async () => {
    const line = (field: string): string =>
      `Key: 'ListRequest.${field}' Error:Field validation for '${field}' failed on the 'required' tag`;
    expect((await client.get('list', { pending: true, running: true })).message).toBe(line('Completed'));
    expect((await client.get('list', { completed: true, running: true })).message).toBe(line('Pending'));
    expect((await client.get('list', { completed: '', pending: '' })).message).toBe(line('Running'));
    expect((await client.get('list')).message).toBe(['Completed', 'Pending', 'Running'].map(line).join('\n'));
  });

  test('pages and search', async () => {
    const all = flags(true, true, true);
    expect(await keys({ ...all, limit: 1, offset: 1 })).toEqual(['second.mkv']);
    expect(await keys({ ...all, q: 'ir' })).toEqual(['third.mkv', 'first.mkv']);
    expect(await keys({ ...all, q: '%' })).toEqual([]);
  });

  test('a failed task shows as running, with its state and reason', async () => {
    await client.upload('text.mkv', Buffer.from('this is a text'));
    await client.post('new', { video_key: 'text.mkv' });
    await client.post('start', { video_key: 'text.mkv', script: SCRIPT, encode_param: ENCODE });
    await client.until('text.mkv', (data) => data.state === 'failed');
    const [item] = await items({ ...flags(false, true, false), q: 'text' });
    expect(item).toMatchObject({
      status: 'running',
      state: 'failed',
      failure: { code: 'source_unreadable' },
    });
  });
});
