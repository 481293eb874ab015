import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { probeSegment } from '../../agent/media/segment-verify.ts';
import { mediaTools } from '../../agent/runners/runner.ts';
import { Salvage } from '../../agent/runners/salvage.ts';
import { systemClock } from '../../shared/clock.ts';
import { runnerContext } from '../support/runner-context.ts';

const FRAMES = 100;
/** Clusters of half a second, and a place to part every 12 frames: the last one is 96. */
const FILM = [
  ...['-f', 'lavfi', '-i', 'testsrc2=s=160x90:r=25:d=4', '-c:v', 'libx264', '-g', '12', '-keyint_min', '12'],
  ...['-cluster_time_limit', '500', '-y'],
];

/** A segment that its encoder has finished, all of whose parts but the last are kept. `decoded`: what was since. */
async function finished() {
  const bare = runnerContext();
  const log = join(bare.workDir, 'decoded');
  const ffmpeg = join(bare.workDir, 'ffmpeg');
  const script = `#!/bin/sh\ncase "$*" in *"-f null"*) echo "$*" >> ${log};; esac\nexec ${bare.tools.ffmpeg} "$@"\n`;
  writeFileSync(ffmpeg, script);
  chmodSync(ffmpeg, 0o755);
  let nowMs = 0;
  const kept = Promise.withResolvers<number>();
  const context = {
    ...bare,
    tools: { ...bare.tools, ffmpeg },
    clock: {
      ...systemClock,
      monotonicMs: () => (nowMs += 1_000),
      sleep: () => new Promise<void>((resolve) => setImmediate(resolve)),
    },
    savePart: ({ frames }: { frames: { endFrame: number } }) =>
      Promise.resolve(kept.resolve(frames.endFrame)),
  };
  const path = join(bare.workDir, 'OUT.mkv');
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', ...FILM, path]);
  const salvage = new Salvage(context, { path, resumedFrames: 0, rate: () => ({ num: 25, den: 1 }) });
  expect(await kept.promise).toBe(96);
  await salvage.finish();
  writeFileSync(log, '');
  const file = await probeSegment(mediaTools(context), path);
  const decoded = (): string[] => readFileSync(log, 'utf8').split('\n').filter(Boolean);
  return { path, decoded, count: () => salvage.countFrames(file) };
}

/** Makes noise of some bytes. */
function damage(path: string, from: number): void {
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0xff, from, from + 60));
}

test('a finished segment is decoded behind its kept parts only, and all its frames are counted', async () => {
  const { count, decoded } = await finished();
  expect(await count()).toBe(FRAMES);
  expect(decoded()).toEqual([expect.stringMatching(/part\.mkv -map/)]);
});

test('where a byte of what was kept has changed nothing is known of the segment', async () => {
  const { path, count, decoded } = await finished();
  damage(path, Math.floor(readFileSync(path).length / 2));
  expect(await count()).toBeUndefined();
  expect(decoded()).toEqual([]);
});

test('damage behind the kept parts is found', async () => {
  const { path, count } = await finished();
  const lastCluster = readFileSync(path).lastIndexOf(Buffer.from('1f43b675', 'hex'));
  damage(path, lastCluster + 80);
  await expect(count()).rejects.toMatchObject({ code: 'verify_failed' });
});
