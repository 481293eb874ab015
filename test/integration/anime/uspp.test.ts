import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LADDER_MS, startAnimeGrid, type AnimeGrid } from '../../support/anime-grid.ts';
import { lightFfmpeg } from '../../support/light-tools.ts';
import { requireProgram } from '../../support/tools.ts';

let grid: AnimeGrid;
beforeAll(async () => {
  grid = await startAnimeGrid({ agents: 0, environment: { CLIPGRID_ANIME_LADDER: '48p_uspp,48p' } });
});
afterAll(() => grid.close());

/** An ffmpeg that has the filter, or has it not, whatever the machine's own has: spp does its work. */
async function ffmpegWith(name: string, hasUspp: boolean): Promise<string> {
  const folder = join(grid.folder, name);
  const real = requireProgram('ffmpeg');
  const help = hasUspp ? 'echo "Filter uspp"' : `echo "Unknown filter 'uspp'."`;
  const lines = [
    '#!/bin/bash',
    `case "$*" in *filter=uspp*) ${help}; exit 0;; *" -encoders") exec ${lightFfmpeg(grid.folder)} "$@";; esac`,
    'args=()',
    'for word in "$@"; do args+=("${word/uspp=qp/spp=qp}"); done',
    `exec ${real} "\${args[@]}"`,
  ];
  await mkdir(folder);
  await writeFile(join(folder, 'ffmpeg'), `${lines.join('\n')}\n`, { mode: 0o755 });
  return folder;
}

/** What the encode tasks of each rendition ask of agents. */
async function needs(taskId: string): Promise<Record<string, readonly string[][]>> {
  const rows = await grid.query(
    `select r.rendition, array_agg(distinct array_to_string(t.requires, ' ')) as requires
     from anime_renditions r join tasks t using (job_id) where r.task_id = $1 and t.kind = 'encode' group by 1`,
    [taskId],
  );
  return Object.fromEntries(
    rows.map((row) => [
      row['rendition'] as string,
      (row['requires'] as string[]).map((text) => text.split(' ').filter((one) => one.startsWith('filter:'))),
    ]),
  );
}

const LONG = { timeout: LADDER_MS };

it(
  'check 12: without an agent that has uspp the fallback makes the key, and the log says so',
  LONG,
  async () => {
    grid.addAgent({ tools: await ffmpegWith('lacking', false) });
    await grid.source('a.mp4', { seconds: 31, rate: 8 });
    const id = await grid.client.create({ src_path: 'a.mp4', dst_path: 'a' });
    const now = await grid.client.succeeded(id);
    expect(now.result['48p_uspp']).toMatchObject({
      playlist_path: 'a/playlist_h264_48p_uspp_full.m3u8',
      resolution: '48',
      log: expect.stringMatching(/^filter=spp qp=8 reason=no agent offers uspp/),
    });
    expect(now.result['48p']?.['log']).toMatch(/^filter=gradfun,scale/);
    // All clips of a rendition by the same one.
    expect(await needs(id)).toEqual({ '48p_uspp': [['filter:spp']], '48p': [[]] });
  },
);

it('check 12: with one that has it all clips of the key go to it', LONG, async () => {
  grid.addAgent({ tools: await ffmpegWith('capable', true) });
  const agents = `select 1 from agents where 'filter:uspp' = any(capabilities)`;
  while ((await grid.query(agents)).length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  const id = await grid.client.create({ src_path: 'a.mp4', dst_path: 'b' });
  const now = await grid.client.succeeded(id);
  expect(now.result['48p_uspp']?.['log']).toMatch(/^filter=uspp qp=8\n?/);
  expect(await needs(id)).toEqual({ '48p_uspp': [['filter:uspp']], '48p': [[]] });
  const workers = await grid.query(
    `select distinct a.name from anime_renditions r join tasks t using (job_id) join agents a using (agent_id)
     where r.task_id = $1 and r.rendition = '48p_uspp' and t.kind = 'encode'`,
    [id],
  );
  expect(workers).toEqual([{ name: 'agent-1' }]);
});
