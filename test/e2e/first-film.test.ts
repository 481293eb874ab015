import { execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FilmSpec } from '../../coordinator/domain/job.ts';
import { checkPrograms } from '../../shared/command-policy.ts';
import { splitCommand } from '../../shared/command-words.ts';
import { startRunningGrid, type RunningGrid } from '../support/running-grid.ts';
import { BIG_BUCK_BUNNY } from '../support/tools.ts';

let running: RunningGrid;
beforeAll(async () => {
  running = await startRunningGrid({ agents: 2, log: process.env['TEST_LOG'] ?? 'silent' });
});
afterAll(() => running.close());

function command(text: string): FilmSpec['command'] {
  return { text, programs: checkPrograms(splitCommand(text)), outputName: 'OUT.mkv' };
}

async function encode(script: string, text: string): Promise<string> {
  const source = await running.putSource(BIG_BUCK_BUNNY);
  const job = await running.grid.jobs.submit({
    ownerId: 'me',
    dialect: 'grid',
    name: 'bunny.mp4',
    priority: 0,
    spec: {
      source,
      script: { text: script, sourceVariable: 'CLIPGRID_SOURCE', sourceName: 'CLIPGRID_SOURCE.mkv' },
      command: command(text),
      container: 'matroska',
      clips: { mode: 'auto', targetS: 1.5 },
    },
  });
  const ended = await running.ended(job.jobId);
  expect(ended.failure).toBeUndefined();
  expect(ended.state).toBe('succeeded');
  expect(ended.clipsTotal).toBe(3);
  const path = join(running.folder, `${job.jobId}.mkv`);
  await pipeline(await running.grid.jobs.readResult(job.jobId), createWriteStream(path));
  return path;
}

function frameMd5s(path: string): string[] {
  const args = ['-v', 'error', '-i', path, '-map', '0:v:0', '-vsync', 'passthrough', '-f', 'framemd5', '-'];
  const lines = execFileSync('ffmpeg', args).toString().split('\n');
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').at(-1)!.trim());
}

test('a lossless encode through the pass-through gives every frame back, bit for bit, with its audio', async () => {
  const path = await encode('', 'ffmpeg -i - -c:v libx264 -preset ultrafast -qp 0 OUT.mkv');
  expect(frameMd5s(path)).toEqual(frameMd5s(BIG_BUCK_BUNNY));
  const probed = execFileSync('ffprobe', [
    '-v',
    'error',
    '-of',
    'json',
    '-show_streams',
    '-count_packets',
    path,
  ]).toString();
  const { streams } = JSON.parse(probed) as {
    streams: { codec_type: string; codec_name: string; nb_read_packets: string }[];
  };
  expect(streams.map((one) => [one.codec_type, one.codec_name, one.nb_read_packets])).toEqual([
    ['video', 'h264', '132'],
    ['audio', 'aac', '249'],
  ]);
});

test('a VapourSynth script filters the frames that each clip has', async () => {
  const script = `import os, vapoursynth as vs
clip = vs.core.bs.VideoSource(os.environ['CLIPGRID_SOURCE'])
vs.core.resize.Bicubic(clip, width=320, height=180).set_output()
`;
  const path = await encode(
    script,
    'ffmpeg -i - -c:v libx265 -preset ultrafast -x265-params log-level=none OUT.mkv',
  );
  expect(frameMd5s(path)).toHaveLength(132);
});
