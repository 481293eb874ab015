import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { LADDER_MS, startAnimeGrid, type AnimeGrid } from '../../support/anime-grid.ts';

interface Call {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: Record<string, unknown>;
}

const USER = 'catalogue-user';
const PASSWORD = 'catalogue-password-for-tests';
const calls: Call[] = [];
/** What the catalogue answers to an episode. */
let episodeAnswer: () => { status: number; text: string };
let site: Server;
let grid: AnimeGrid;

beforeAll(async () => {
  site = createServer((request, response) => {
    void (async () => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      const path = request.url ?? '';
      calls.push({
        path,
        authorization: request.headers.authorization,
        body: JSON.parse(text) as Record<string, unknown>,
      });
      const isToken = path === '/api/token/';
      const answer = isToken ? { status: 200, text: '{"access":"an-access-token"}' } : episodeAnswer();
      response.writeHead(answer.status, { 'Content-Type': 'application/json' }).end(answer.text);
    })();
  });
  site.listen(0, '127.0.0.1');
  await once(site, 'listening');
  const { port } = site.address() as AddressInfo;
  grid = await startAnimeGrid({
    environment: {
      CLIPGRID_ANIME_LADDER: '48p',
      CCNS_ANIME_BACKEND_ACTIVE: '1',
      CCNS_ANIME_BACKEND_URL: `http://127.0.0.1:${port}/api/`,
      CCNS_ANIME_BACKEND_USER: USER,
      CCNS_ANIME_BACKEND_PASSWORD: PASSWORD,
    },
  });
  await grid.source('a.mp4', { seconds: 1 });
});
afterAll(async () => {
  await grid.close();
  site.closeAllConnections();
  site.close();
});
beforeEach(() => {
  calls.length = 0;
  episodeAnswer = () => ({ status: 200, text: '{}' });
});

const episodes = () => calls.filter(({ path }) => path.includes('/episode'));

it('each published rendition is told, by a token', { timeout: LADDER_MS }, async () => {
  const id = await grid.client.create({ src_path: 'a.mp4', anime_id: '2 #', episode_count: '1' });
  await grid.client.succeeded(id);
  expect(calls).toEqual([
    { path: '/api/token/', authorization: undefined, body: { username: USER, password: PASSWORD } },
    {
      path: '/api/anime/2%20%23/episode',
      authorization: 'Bearer an-access-token',
      body: {
        episode_count: 'MQ==',
        video_path: '2 #/MQ==/playlist_h264_48p_uspp.m3u8',
        ass_path: '',
        resolution: '48p',
        encoded: true,
      },
    },
  ]);
  expect((await fetch(`${grid.url}/2%20%23/MQ%3D%3D/playlist.m3u8`)).status).toBe(200);
});

it(
  'a catalogue that comes back within the tries is told once it is there',
  { timeout: LADDER_MS },
  async () => {
    let left = 1;
    episodeAnswer = () => (left-- > 0 ? { status: 500, text: '' } : { status: 200, text: '{}' });
    const id = await grid.client.create({ src_path: 'a.mp4', anime_id: '3', episode_count: '1' });
    await grid.client.succeeded(id);
    expect(episodes()).toHaveLength(2);
  },
);

it(
  'after the fifth failure the state says so, and nothing tells the password',
  { timeout: LADDER_MS },
  async () => {
    episodeAnswer = () => ({ status: 200, text: 'no JSON' });
    const id = await grid.client.create({ src_path: 'a.mp4', anime_id: '4', episode_count: '1' });
    for (let tries = 1; tries < 5; tries++) {
      while (episodes().length < tries) await new Promise((resolve) => setTimeout(resolve, 20));
      const now = await grid.client.status(id);
      expect(now).toMatchObject({
        status: { '48p': 'STARTED' },
        result: {},
        master_path: '4/MQ==/playlist.m3u8',
      });
      // The time of the next try, ahead of time; where the end of this one is not written down yet, again.
      while (episodes().length === tries) {
        await grid.query(
          `update anime_renditions set catalogue_at = now()
         where task_id = $1 and catalogue_at < now() + interval '110 seconds'`,
          [id],
        );
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    const now = await grid.client.ended(id);
    expect(now).toMatchObject({ status: { '48p': 'FAILURE CREATE EPISODE' }, success: false });
    expect(now.result['48p']?.['log']).toContain('episode: its answer is no JSON');
    expect(episodes()).toHaveLength(5);
    expect(JSON.stringify(now)).not.toContain(PASSWORD);
  },
);
