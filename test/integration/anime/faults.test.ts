import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AnimeClient } from '../../support/anime-client.ts';
import { ANIME_TOKEN, LADDER_MS, makeSource } from '../../support/anime-grid.ts';
import { decodedFrames, fetchRendition, packetsOf } from '../../support/hls.ts';
import { lightTools, NO_VAPOURSYNTH } from '../../support/light-tools.ts';
import { freePort } from '../../support/ports.ts';
import { Processes } from '../../support/processes.ts';

const SECONDS = 12;
/** Low, so that 720p is soon made. */
const RATE = 8;
const FRAMES = SECONDS * RATE;

let folder: string;
let grid: Processes;
let client: AnimeClient;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'clipgrid-anime-faults-'));
  mkdirSync(join(folder, 'films'));
  makeSource(join(folder, 'films/a.mp4'), { seconds: SECONDS, rate: RATE });
  const port = await freePort();
  grid = await Processes.start({
    agents: 2,
    agentEnv: { PATH: lightTools(folder), CLIPGRID_VAPOURSYNTH: NO_VAPOURSYNTH },
    coordinatorEnv: {
      AUTHORIZED_TOKENS: JSON.stringify([ANIME_TOKEN]),
      ANIME_SRC_ROOT_DIR: join(folder, 'films'),
      CLIPGRID_ANIME_PORT: String(port),
    },
  });
  client = new AnimeClient(`http://127.0.0.1:${port}`, ANIME_TOKEN);
});
afterAll(async () => {
  await grid.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The agent that has begun to encode a rendition. */
async function encoderOf(taskId: string, rendition: string): Promise<string> {
  for (;;) {
    const { rows } = await grid.sql.query<{ name: string }>(
      `select a.name from anime_renditions r join tasks t using (job_id) join agents a using (agent_id)
       where r.task_id = $1 and r.rendition = $2 and t.kind = 'encode' and t.state = 'leased' and t.frames_done > 0`,
      [taskId, rendition],
    );
    if (rows[0]) return rows[0].name;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Every segment once, and every frame of the source in them. */
async function isWhole(path: string): Promise<void> {
  const { paths, files } = await fetchRendition(client.url, path);
  expect(new Set(paths).size).toBe(3);
  const frames = files.flatMap((file) => packetsOf(file, 'v').map((packet) => packet.pts));
  expect(frames).toHaveLength(FRAMES);
  for (const [i, pts] of frames.entries()) expect(pts - frames[0]!).toBeCloseTo(i / RATE, 3);
  expect(await decodedFrames(`${client.url}/${path}`)).toBe(FRAMES);
}

describe('faults', { timeout: LADDER_MS }, () => {
  it('check 13: an agent is killed while it encodes 720p, another one finishes', async () => {
    const id = await client.create({ src_path: 'a.mp4', dst_path: 'killed', ladder: ['720p', '48p'] });
    const agent = grid.agent(await encoderOf(id, '720p'));
    await agent.kill();
    const now = await client.succeeded(id);
    await isWhole(now.result['720p']!['playlist_path']!);
    await isWhole(now.result['48p']!['playlist_path']!);
    await agent.start();
  });

  it('check 15: the coordinator is killed and started, at the beginning and in the middle', async () => {
    const { program } = grid.coordinator;
    const id = await client.create({ src_path: 'a.mp4', dst_path: 'again', ladder: ['360p', '48p'] });
    await program.kill();
    await program.start();
    await encoderOf(id, '360p');
    const before = await client.status(id);
    await program.kill();
    await program.start();
    const after = await client.status(id);
    for (const [key, state] of Object.entries(before.status)) {
      if (state === 'SUCCESS') expect(after.status[key]).toBe('SUCCESS');
      else expect(['STARTED', 'RETRY', 'SUCCESS', 'PENDING']).toContain(after.status[key]);
    }
    expect(after.known).toBe(true);
    const now = await client.succeeded(id);
    await isWhole(now.result['360p']!['playlist_path']!);
  });
});
