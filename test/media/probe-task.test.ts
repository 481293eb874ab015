import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runProbeTask } from '../../agent/runners/probe-task.ts';
import { startRemoteSources, type RemoteSources } from '../support/remote-source.ts';
import { runnerContext } from '../support/runner-context.ts';

const folder = mkdtempSync(join(tmpdir(), 'clipgrid-probe-'));
let remote: RemoteSources;
beforeAll(async () => {
  remote = await startRemoteSources();
});
afterAll(() => remote.close());

async function look(path: string) {
  const source = await remote.put(path);
  let fetched = 0;
  const counting: typeof remote.source = {
    ...remote.source,
    async open(input, signal) {
      const opened = await remote.source.open(input, signal);
      return {
        ...opened,
        async close() {
          fetched = opened.fetchedBytes();
          await opened.close();
        },
      };
    },
  };
  const { result, artifacts } = await runProbeTask({ source }, { ...runnerContext(), source: counting });
  if (result.kind?.$case !== 'probe') throw new Error('a probe leaves a probe');
  return { value: result.kind.value, artifacts, fetched, size: source.sizeBytes };
}

/** Moving noise that hardly compresses, with its index at the end, as cameras write it. */
function largeFilm(): string {
  const path = join(folder, 'large.mp4');
  const noise = ['-f', 'lavfi', '-i', 'nullsrc=s=640x360:r=25:d=4,geq=random(1)*255:128:128'];
  const sound = ['-f', 'lavfi', '-i', 'sine=440:d=4'];
  execFileSync('ffmpeg', ['-v', 'error', ...noise, ...sound, '-c:v', 'mpeg4', '-q:v', '1', '-y', path]);
  return path;
}

test('a film is looked at, not read', async () => {
  const { value, artifacts, fetched, size } = await look(largeFilm());
  expect(artifacts).toEqual([]);
  expect(value).toMatchObject({ frameCount: 100, hasVideo: true, durationSeconds: expect.closeTo(4, 1) });
  const probed = JSON.parse(value.probeJson) as { streams: { codec_name: string }[]; format: object };
  expect(probed.streams.map((stream) => stream.codec_name)).toEqual(['mpeg4', 'aac']);
  expect(probed.format).toMatchObject({ format_name: 'mov,mp4,m4a,3gp,3g2,mj2', nb_streams: 2 });
  expect(value.probeJson).not.toMatch(/127\.0\.0\.1|clipgrid-|filename/);
  expect(size).toBeGreaterThan(8_000_000);
  expect(fetched).toBeLessThan(size / 2);
});

test('a playlist is no film: nothing that it names is asked for', async () => {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => (asked.push(request.url), response.end('x')));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const path = join(folder, 'list.m3u8');
  writeFileSync(
    path,
    `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nhttp://127.0.0.1:${port}/a.ts\n#EXT-X-ENDLIST\n`,
  );
  await expect(look(path)).rejects.toMatchObject({ code: 'source_unreadable' });
  expect(asked).toEqual([]);
  await new Promise((done) => server.close(done));
});

test('garbage, and nothing at all', async () => {
  const garbage = join(folder, 'garbage.mp4');
  writeFileSync(garbage, 'This is no film.\n'.repeat(1_000));
  await expect(look(garbage)).rejects.toMatchObject({
    code: 'source_unreadable',
    message: expect.stringContaining('nothing that ffmpeg can read') as string,
  });
  const empty = { url: '', sizeBytes: 0, sha256: '', cacheKey: 'x' };
  await expect(runProbeTask({ source: empty }, runnerContext())).rejects.toMatchObject({
    code: 'source_unreadable',
  });
});
