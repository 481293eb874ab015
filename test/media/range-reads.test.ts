import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cutClip } from '../../agent/media/clip-cut.ts';
import { indexSource } from '../../agent/media/packet-index.ts';
import { runEncodeTask } from '../../agent/runners/encode-task.ts';
import { mediaTools } from '../../agent/runners/runner.ts';
import { plan } from '../../coordinator/domain/planner.ts';
import type { EncodeResult, EncodeTask } from '../../shared/gen/clipgrid/v1/task.ts';
import { PASS_THROUGH } from '../support/grid-fixture.ts';
import { startRemoteSources, type RemoteSources } from '../support/remote-source.ts';
import { runnerContext } from '../support/runner-context.ts';
import { generate } from './generate.ts';
import type { Recipe } from './recipes.ts';

/** A minute of film with sound, about 8 MB. */
function film(name: string, as: string, how: { gop?: number; second?: readonly string[] } = {}): Recipe {
  const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '30', '-g', String(how.gop ?? 50)];
  return {
    name: `a minute of film: ${name}`,
    as,
    seconds: 60,
    inputs: [
      '-f',
      'lavfi',
      '-i',
      'testsrc2=s=320x180:r=25:d=60',
      '-f',
      'lavfi',
      '-i',
      'anoisesrc=d=60:a=0.1',
    ],
    args: [
      ...['-map', '0:v', '-map', '1:a', '-vf', 'noise=alls=10:allf=t'],
      ...x264,
      '-c:a',
      'aac',
      '-b:a',
      '64k',
    ],
    ...(how.second ? { second: how.second } : {}),
    expect: { frames: 1500 },
  };
}

function remuxed(...options: readonly string[]): readonly string[] {
  return ['-i', 'IN', '-map', '0', '-c', 'copy', ...options, 'OUT'];
}

const FILMS = [
  film('Matroska', 'mkv'),
  film('Matroska without cues, whose clusters tell no size', 'mkv', {
    second: remuxed('-f', 'matroska', '-live', '1'),
  }),
  film('MP4 with its table at the start', 'mp4', { second: remuxed('-movflags', '+faststart') }),
  film('MP4 with its table at the end', 'mp4'),
  film('MP4 in fragments', 'mp4', { second: remuxed('-movflags', 'frag_keyframe+empty_moov') }),
  film('a transport stream', 'ts'),
  film('20 s from keyframe to keyframe', 'mkv', { gop: 500 }),
];

/** Headers and tables come in blocks of 256 KiB, once an agent; what is read beyond a clip's own bytes is this at most. */
const HEADERS_BYTES = 600 * 1024;

let remote: RemoteSources;
beforeAll(async () => {
  remote = await startRemoteSources();
});
afterAll(() => remote.close());

async function planned(path: string): Promise<EncodeTask[]> {
  const context = runnerContext();
  const index = await indexSource(mediaTools(context), path);
  const indexArtifact = { name: 'index', bucket: 'b', key: 'k', sha256: '', sizeBytes: 1 };
  const spec = { ...PASS_THROUGH, clips: { mode: 'auto' as const, targetS: 10 } };
  const { tasks } = plan({ spec, index, indexArtifact, slots: 2 });
  rmSync(context.workDir, { recursive: true });
  return tasks.map((task) => task.spec.kind!.value as EncodeTask);
}

describe.each(FILMS)('$name (M1)', (recipe) => {
  test(
    'all clips together read the film about once, and none reads much beyond itself',
    { timeout: 120_000 },
    async () => {
      const path = generate(recipe);
      const size = statSync(path).size;
      const object = await remote.put(path);
      const tasks = await planned(path);
      expect(tasks.length).toBeGreaterThanOrEqual(5);
      let all = 0;
      for (const { cut, range } of tasks) {
        const context = runnerContext();
        const source = await remote.source.open(object, context.signal);
        const outputPath = join(context.workDir, 'clip.mkv');
        const input = { source, cut: cut!, startFrame: range!.startFrame, outputPath };
        const clip = await cutClip(mediaTools(context), input);
        expect(clip.wanted).toBe(range!.endFrame - range!.startFrame);
        const share = (size * (clip.leadIn + clip.wanted + clip.leadOut)) / 1500;
        expect(source.fetchedBytes()).toBeLessThan(1.25 * share + HEADERS_BYTES);
        all += source.fetchedBytes();
        await source.close();
        rmSync(context.workDir, { recursive: true });
      }
      const leadIn = tasks.reduce((sum, task) => sum + task.cut!.leadInFrames, 0);
      expect(all).toBeLessThan(1.1 * size * (1 + leadIn / 1500) + HEADERS_BYTES);
    },
  );
});

test(
  'an encode task says how many bytes it fetched: about its clip, never the film',
  { timeout: 120_000 },
  async () => {
    const path = generate(FILMS[3]!);
    const [, task] = await planned(path);
    const context = { ...runnerContext(), source: remote.source };
    const object = await remote.put(path);
    const command = {
      programs: [{ argv: ['ffmpeg', '-v', 'error', '-i', '-', '-c:v', 'ffv1', 'OUT.mkv'] }],
      outputName: 'OUT.mkv',
    };
    const output = await runEncodeTask({ ...task!, source: object, command }, context);
    const { fetchedBytes, frameCount } = output.result.kind!.value as EncodeResult;
    expect(frameCount).toBe(task!.range!.endFrame - task!.range!.startFrame);
    expect(fetchedBytes).toBeGreaterThan(100_000);
    expect(fetchedBytes).toBeLessThan((1.25 * object.sizeBytes * frameCount) / 1500 + HEADERS_BYTES);
    rmSync(context.workDir, { recursive: true });
  },
);
