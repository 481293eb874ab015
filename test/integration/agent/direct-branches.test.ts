import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import type { Branch } from '../../../agent/media/branch.ts';
import { startDirectBranches } from '../../../agent/media/direct-branches.ts';
import { framePipes } from '../../../agent/media/frame-pipes.ts';
import type { ToolCommand } from '../../../agent/subprocess.ts';
import { systemClock } from '../../../shared/clock.ts';
import { GridError } from '../../../shared/errors.ts';
import { branchEnds } from '../../support/branch-ends.ts';
import { requireProgram, testTools } from '../../support/tools.ts';

const never = new AbortController().signal;
/** More than all pipes hold: who does not read holds the source up. */
const BYTES = 4_000_000;
const FRAMES = 4_000;
const RATE = { num: 25, den: 1 };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clipgrid-direct-'));
});

function sh(script: string): ToolCommand {
  return { argv: ['/bin/sh', '-c', script], cwd: folder, environment: { PATH: '/usr/bin:/bin' } };
}

function branch(script: string, more: Partial<Branch> = {}): Branch {
  const quiet = { onFrame: () => undefined, onStderrLine: () => undefined };
  return { programs: [sh(script)], signal: never, ...quiet, ...more };
}

/** Writes to each output in turn, then how many frames that was. */
function writes(branches: number, end = 'exit 0'): string {
  const fds = Array.from({ length: branches }, (_, i) => (i === 0 ? 1 : 2 + i));
  const all = fds.map((fd) => `head -c ${BYTES} /dev/zero >&${fd}`);
  return `${all.join('; ')}; printf 'frame=${FRAMES}\\nprogress=end\\n' >&${2 + branches}; ${end}`;
}

async function started(branches: readonly Branch[], script = writes(branches.length)) {
  const { ffmpeg, ffprobe } = testTools();
  const tools = { ffmpeg, ffprobe, workDir: folder, signal: never, clock: systemClock };
  const pipes = await framePipes(tools, requireProgram('mkfifo'), branches.length);
  return startDirectBranches({
    source: { program: () => sh(script), rate: RATE },
    branches,
    pipes,
    signal: never,
    clock: systemClock,
    onStderrLine: () => undefined,
  });
}

async function ends(branches: readonly Branch[], script?: string): Promise<(number | string)[]> {
  return branchEnds(await started(branches, script));
}

const READS_ALL = `test "$(wc -c)" = ${BYTES}`;

test('each branch gets all of its output, and hears of the frames', async () => {
  const heard: [number, string][] = [];
  const listens = branch(READS_ALL, { onFrame: (frames, header) => heard.push([frames, header]) });
  expect(await ends([listens, branch(READS_ALL), branch(READS_ALL)])).toEqual([FRAMES, FRAMES, FRAMES]);
  expect(heard).toEqual([[FRAMES, 'YUV4MPEG2 F25:1']]);
  // The pipes are in nobody's sight.
  expect(readdirSync(folder)).toEqual([]);
});

test('a branch that fails or is not wanted any more holds nobody up', async () => {
  const unwanted = new AbortController();
  const dropped = branch('echo begun >&2; sleep 1000', {
    signal: unwanted.signal,
    onStderrLine: () => unwanted.abort(new GridError('lost_lease', 'it was cancelled')),
  });
  expect(await ends([branch('head -c 20000 > /dev/null; exit 3'), dropped, branch(READS_ALL)])).toEqual([
    'encoder_failed: sh failed with exit code 3',
    'lost_lease: it was cancelled',
    FRAMES,
  ]);
});

test('a branch that fails is told of before the others are done, and without any left the source is ended', async () => {
  const goesOn = new AbortController();
  const { fed, over } = await started(
    [branch('exit 4'), branch('cat > /dev/null', { signal: goesOn.signal })],
    `sleep 1000; ${writes(2)}`,
  );
  await expect(fed[0]).rejects.toMatchObject({ message: expect.stringContaining('exit code 4') as string });
  goesOn.abort(new GridError('lost_lease', 'over'));
  await expect(fed[1]).rejects.toMatchObject({ code: 'lost_lease' });
  await over;
});

test('a source that fails is the end of all', async () => {
  const failed = 'script_failed: sh failed with exit code 7';
  const reads = 'cat > /dev/null';
  expect(await ends([branch(reads), branch(reads)], writes(2, 'exit 7'))).toEqual([failed, failed]);
});

test('of programs in a row the one that fails is told of', async () => {
  const row = {
    ...branch(''),
    programs: [sh('cat'), sh('head -c 20000 > /dev/null; exit 5'), sh('cat > /dev/null')],
  };
  expect(await ends([row, branch(READS_ALL)])).toEqual([
    'encoder_failed: sh failed with exit code 5',
    FRAMES,
  ]);
});
