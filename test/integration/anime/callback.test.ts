import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { startAnimeGrid } from '../../support/anime-grid.ts';

const NETWORKS = { CLIPGRID_OUTBOUND_HTTP: 'yes', CLIPGRID_OUTBOUND_NETWORKS: '127.0.0.0/8' };

test('whoever asked for it is told of the end: what a status call answers', async () => {
  const bodies: string[] = [];
  const listener = createServer((request, response) => {
    void (async () => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      bodies.push(text);
      response.end('{}');
    })();
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const grid = await startAnimeGrid({ agents: 0, environment: NETWORKS });
  try {
    const callback_url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/done`;
    const id = await grid.client.create({ src_path: 'none.mp4', dst_path: 'x', callback_url });
    const status = await grid.client.ended(id);
    while (bodies.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(JSON.parse(bodies[0]!)).toEqual(status);
  } finally {
    await grid.close();
    listener.closeAllConnections();
    listener.close();
  }
});

test('an address that can be told to be forbidden by its text is refused at once', async () => {
  const grid = await startAnimeGrid({ agents: 0 });
  try {
    for (const [callback_url, why] of [
      ['https://127.0.0.1/done?token=hush', 'is the private address 127.0.0.1'],
      ['https://[::ffff:10.0.0.1]/', 'private address'],
      ['http://site.example/done', 'is plain HTTP'],
      ['https://me:hush@site.example/', 'user name or password'],
      ['ftp://site.example/', 'must be an http or https URL'],
    ] as const) {
      const body = JSON.stringify({ src_path: 'none.mp4', dst_path: 'x', callback_url });
      const { status, text } = await grid.client.post('/anime/create', body);
      const { message } = JSON.parse(text) as { message: string };
      expect([status, message]).toEqual([400, expect.stringMatching(/^callback_url/)]);
      expect(message).toContain(why);
      expect(message).not.toContain('hush');
    }
    expect(await grid.query('select 1 from anime_jobs')).toEqual([]);
  } finally {
    await grid.close();
  }
});

test('an address that may not be called keeps no job open', async () => {
  const grid = await startAnimeGrid({ agents: 0 });
  try {
    const callback_url = 'https://localhost/done';
    const id = await grid.client.create({ src_path: 'none.mp4', dst_path: 'x', callback_url });
    expect((await grid.client.ended(id)).status).toEqual({ '96p': 'FAILURE', '48p': 'FAILURE' });
    expect(await grid.query('select stage from anime_jobs')).toEqual([{ stage: 'ended' }]);
  } finally {
    await grid.close();
  }
});
