import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { filmOf } from '../../coordinator/domain/film-request.ts';
import { frameMd5s, probeFile } from '../support/probe.ts';
import { startRunningGrid, type RunningGrid } from '../support/running-grid.ts';
import { BIG_BUCK_BUNNY } from '../support/tools.ts';

let running: RunningGrid;
beforeAll(async () => {
  running = await startRunningGrid({ agents: 2 });
});
afterAll(() => running.close());

test(
  'audio is encoded beside the clips, in its own task, and joined to them at the end (M5)',
  { timeout: 180_000 },
  async () => {
    const source = await running.putSource(BIG_BUCK_BUNNY);
    const request = {
      upload_id: '',
      script: '',
      encode: 'ffmpeg -i - -c:v libx264 -preset ultrafast -qp 0',
      audio: 'ffmpeg -i CLIPGRID_AUDIO.mkv -c:a libopus -b:a 64k',
      container: 'matroska' as const,
      clips: { mode: 'auto' as const, target_seconds: 2 },
      priority: 0,
    };
    const spec = filmOf(request, source);
    const job = await running.grid.jobs.submit({
      ownerId: 'me',
      dialect: 'grid',
      name: 'bunny.mp4',
      priority: 0,
      spec,
    });
    const ended = await running.ended(job.jobId);
    expect(ended.failure).toBeUndefined();
    const tasks = await running.grid.jobs.tasks(job.jobId);
    expect(tasks.filter((task) => task.kind === 'audio').map((task) => task.state)).toEqual(['succeeded']);
    const path = join(running.folder, 'result.mkv');
    await pipeline(await running.grid.jobs.readResult(job.jobId), createWriteStream(path));
    expect(frameMd5s(path)).toEqual(frameMd5s(BIG_BUCK_BUNNY));
    const { streams, format } = probeFile(path);
    expect(streams.map((stream) => stream.codec_name)).toEqual(['h264', 'opus']);
    expect(Math.abs(Number(format.duration) - 5.312)).toBeLessThan(0.05);
  },
);
