import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { indexSource } from '../../agent/media/packet-index.ts';
import { mediaTools } from '../../agent/runners/runner.ts';
import { plan } from '../../coordinator/domain/planner.ts';
import type { EncodeTask } from '../../shared/gen/clipgrid/v1/task.ts';
import { PASS_THROUGH } from '../support/grid-fixture.ts';
import { runnerContext } from '../support/runner-context.ts';
import { generate } from './generate.ts';
import type { Recipe } from './recipes.ts';

/** Frames at which the picture is suddenly another one; between them keyframes come every 50 frames. */
const CUTS = [130, 310, 485, 620, 735];
const FRAMES = 850;

const scenes = [...CUTS, FRAMES].map(
  (end, i) => `gte(n,${CUTS[i - 1] ?? 0})*lt(n,${end})*${(i * 73 + 20) % 235}`,
);

const HARD_CUTS: Recipe = {
  name: 'hard cuts',
  as: 'mkv',
  seconds: 34,
  inputs: ['-f', 'lavfi', '-i', 'testsrc2=s=160x90:r=25:d=34'],
  args: [
    ...[
      '-vf',
      `geq=lum='mod(lum(X,Y)+${scenes.join('+').replaceAll('n', 'N')},256)':cb='cb(X,Y)':cr='cr(X,Y)'`,
    ],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-g', '50', '-keyint_min', '5'],
  ],
  expect: { frames: FRAMES },
};

test('clips begin where scenes do, when x264 saw them change (M2)', { timeout: 120_000 }, async () => {
  const context = runnerContext();
  const index = await indexSource(mediaTools(context), generate(HARD_CUTS));
  rmSync(context.workDir, { recursive: true });
  const indexArtifact = { name: 'index', bucket: 'b', key: 'k', sha256: '', sizeBytes: 1 };
  const spec = { ...PASS_THROUGH, clips: { mode: 'auto' as const, targetS: 6 } };
  const { tasks } = plan({ spec, index, indexArtifact, slots: 2 });
  const borders = tasks.map((task) => (task.spec.kind!.value as EncodeTask).range!.startFrame).slice(1);
  expect(borders.length).toBeGreaterThanOrEqual(4);
  // The keyframes of the usual distance are as near to the target length, and are passed over.
  expect(borders.filter((border) => !CUTS.includes(border))).toEqual([]);
});
