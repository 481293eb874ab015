import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startAnimeGrid } from '../support/anime-grid.ts';
import { freePorts } from '../support/ports.ts';

const README = readFileSync('README.md', 'utf8');
/** Cells of the table of dialects: each row's last is a command. */
const ROWS = README.split('\n')
  .filter((line) => /^\| .*`curl /.test(line))
  .map((line) => /`(curl .*)` \|$/.exec(line)?.[1] ?? '');

const TOKEN = 'a-token-for-the-readme';

test('each line of the table of dialects works as it stands', async () => {
  const [finalrip, anime, openencoder] = await freePorts(3);
  const ports = new Map([
    [8848, finalrip],
    [5000, anime],
    [8080, openencoder],
  ]);
  const grid = await startAnimeGrid({
    agents: 0,
    environment: {
      CLIPGRID_FINALRIP_PORT: String(finalrip),
      CLIPGRID_FINALRIP_TOKEN: TOKEN,
      CLIPGRID_ANIME_PORT: String(anime),
      CLIPGRID_OPENENCODER_PORT: String(openencoder),
      CLIPGRID_OPENENCODER_JWT_KEY: TOKEN,
      AUTHORIZED_TOKENS: JSON.stringify([TOKEN]),
    },
  });
  try {
    expect(ROWS).toHaveLength(ports.size);
    for (const row of ROWS) {
      const command = row.replace(/localhost:(\d+)/, (_, port) => `127.0.0.1:${ports.get(Number(port))}`);
      const script = `T=${TOKEN}\n${command}`;
      const { stdout, stderr } = await promisify(execFile)('bash', ['--norc', '-euc', script]);
      expect(stderr, row).toBe('');
      expect(JSON.parse(stdout), row).toBeTypeOf('object');
    }
  } finally {
    await grid.close();
  }
});
