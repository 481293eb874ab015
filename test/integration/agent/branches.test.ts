import { expect, test } from 'vitest';
import type { Branch } from '../../../agent/media/branch.ts';
import { startBranches } from '../../../agent/media/pipeline.ts';
import type { ToolCommand } from '../../../agent/subprocess.ts';
import { systemClock } from '../../../shared/clock.ts';
import { GridError } from '../../../shared/errors.ts';
import { branchEnds } from '../../support/branch-ends.ts';

const never = new AbortController().signal;
/** More than all pipes hold: who does not read holds the source up. */
const FRAMES = 4_000;
const SOURCE = `echo 'YUV4MPEG2 W64 H64 F25:1 Ip A1:1 C420jpeg'
frame=$(head -c 6144 /dev/zero | tr '\\0' x)
i=0; while [ $i -lt ${FRAMES} ]; do printf 'FRAME\\n%s' "$frame"; i=$((i + 1)); done`;

function sh(script: string): ToolCommand {
  return { argv: ['/bin/sh', '-c', script], cwd: '/tmp', environment: { PATH: '/usr/bin:/bin' } };
}

function branch(script: string, more: Partial<Branch> = {}): Branch {
  const quiet = { onFrame: () => undefined, onStderrLine: () => undefined };
  return { programs: [sh(script)], signal: never, ...quiet, ...more };
}

async function ends(branches: readonly Branch[], source = SOURCE): Promise<(number | string)[]> {
  const input = { source: () => sh(source), branches, signal: never, clock: systemClock };
  return branchEnds(startBranches({ ...input, onStderrLine: () => undefined }));
}

const READS = 'cat > /dev/null';

test('a branch that fails, gives up or is not wanted any more is left out, and the others get every frame', async () => {
  const unwanted = new AbortController();
  const dropped = branch(`${READS}; sleep 1000`, {
    signal: unwanted.signal,
    onFrame(frames) {
      if (frames === 10) unwanted.abort(new GridError('lost_lease', 'it was cancelled'));
    },
  });
  expect(
    await ends([
      branch(READS),
      branch('head -c 20000 > /dev/null; exit 3'),
      branch('head -c 20000 > /dev/null'),
      dropped,
      branch(READS),
    ]),
  ).toEqual([
    FRAMES,
    'encoder_failed: sh failed with exit code 3',
    'encoder_failed: sh ended with exit code 0 before it had read all frames',
    'lost_lease: it was cancelled',
    FRAMES,
  ]);
});

test('a branch that fails is told of before the others are done', async () => {
  const others = new AbortController();
  const input = { source: () => sh(`${SOURCE}; sleep 1000`), signal: others.signal, clock: systemClock };
  const { fed, over } = startBranches({
    ...input,
    branches: [branch(READS), branch('exit 4')],
    onStderrLine: () => undefined,
  });
  const goesOn = Promise.allSettled([fed[0]]);
  await expect(fed[1]).rejects.toMatchObject({ message: expect.stringContaining('exit code 4') as string });
  others.abort(new GridError('lost_lease', 'over'));
  await goesOn;
  await over;
});

test('a source that fails is the end of all', async () => {
  const failed = 'script_failed: sh failed with exit code 7';
  expect(await ends([branch(READS), branch(READS)], `${SOURCE}; exit 7`)).toEqual([failed, failed]);
});

/** Two outputs of which each has its own frames; the second stands still until the first has been read. */
const TWO_OUTPUTS = `${SOURCE}; exec >&3; ${SOURCE}`;

test('branches with other filters read from other outputs of the source, and a branch that is gone holds none of them up', async () => {
  const asked: (readonly string[])[] = [];
  const seen = { small: 0, large: 0 };
  const { fed, over } = startBranches({
    source(chains) {
      asked.push(...chains);
      return sh(TWO_OUTPUTS);
    },
    branches: [
      branch(READS, { filters: ['large'], onFrame: (frames) => (seen.large = frames) }),
      branch(READS, { filters: ['small'], onFrame: (frames) => (seen.small = frames) }),
      branch('exit 3', { filters: ['small'] }),
      branch(READS, { filters: ['large'] }),
    ],
    signal: never,
    clock: systemClock,
    onStderrLine: () => undefined,
  });
  const ends = await Promise.allSettled(fed);
  await over;
  expect(asked).toEqual([['large'], ['small']]);
  expect(ends.map((end) => (end.status === 'fulfilled' ? end.value.frames : 'failed'))).toEqual([
    FRAMES,
    FRAMES,
    'failed',
    FRAMES,
  ]);
  expect(seen).toEqual({ small: FRAMES, large: FRAMES });
});

test('an output that nobody reads any more is emptied for the sake of the others', async () => {
  const { fed, over } = startBranches({
    source: () => sh(TWO_OUTPUTS),
    branches: [branch('exit 3', { filters: ['large'] }), branch(READS, { filters: ['small'] })],
    signal: never,
    clock: systemClock,
    onStderrLine: () => undefined,
  });
  await expect(fed[0]).rejects.toMatchObject({ code: 'encoder_failed' });
  expect(await fed[1]).toMatchObject({ frames: FRAMES });
  await over;
});
