import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { PACE_LIMITS } from '../../../agent/media/frame-pace.ts';
import { runPipeline } from '../../../agent/media/pipeline.ts';
import { runTool, type ToolCommand } from '../../../agent/subprocess.ts';
import { systemClock } from '../../../shared/clock.ts';

const never = new AbortController().signal;
const HEADER = 'YUV4MPEG2 W2 H2 F25:1 Ip A1:1 C420jpeg';

function sh(script: string): ToolCommand {
  return { argv: ['/bin/sh', '-c', script], cwd: '/tmp', environment: { PATH: '/usr/bin:/bin' } };
}

/** A frame source with so many frames of 2 x 2, and what it does then. */
const frames = (count: number, then: string): ToolCommand =>
  sh(`echo '${HEADER}'; for i in $(seq ${count}); do printf 'FRAME\\nabcdef'; done; ${then}`);

const HANGS = 'sleep 1000';
const SPINS = 'while :; do :; done';
// Short enough for a test; what they stand for is tested with a clock of its own.
const PACE = {
  ...PACE_LIMITS,
  firstFrameMs: 700,
  primeMs: 700,
  floorMs: 700,
  primeFrames: 4,
  capMs: 2_000,
};

async function run(source: ToolCommand, program: ToolCommand, idleMs = 600_000) {
  return runPipeline({
    source,
    programs: [program],
    signal: never,
    clock: systemClock,
    limits: { pace: PACE, idleMs },
    onFrame: () => undefined,
    onStderrLine: () => undefined,
  });
}

test.each([
  ['before the first frame', frames(0, SPINS), 'cat > /dev/null', /no frame came within/],
  ['in the middle', frames(8, SPINS), 'cat > /dev/null', /after frame 8/],
  [
    "in the encoder's flush",
    frames(8, 'exit 0'),
    `cat > /dev/null; ${SPINS}`,
    /did not end within .* after the last frame/,
  ],
])('L14 a pipeline that hangs %s is ended and says where', async (_, source, encoder, message) => {
  await expect(run(source, sh(encoder))).rejects.toMatchObject({
    code: 'no_progress',
    message: expect.stringMatching(message) as string,
  });
});

test('L14 programs that do nothing at all are ended long before their pace says so', async () => {
  const source = frames(8, HANGS);
  const slow = { ...PACE, floorMs: 3600_000, primeMs: 3600_000, capMs: 3600_000 };
  const over = runPipeline({
    source,
    programs: [sh('cat > /dev/null')],
    signal: never,
    clock: systemClock,
    limits: { pace: slow, idleMs: 800 },
    onFrame: () => undefined,
    onStderrLine: () => undefined,
  });
  await expect(over).rejects.toMatchObject({
    code: 'no_progress',
    message: expect.stringContaining('neither the script nor the encoder did anything') as string,
  });
});

test('a pipeline that is not hanging is left alone', async () => {
  expect(await run(frames(8, 'exit 0'), sh('cat > /dev/null'))).toMatchObject({ frames: 8 });
});

test('L14 a tool of our own that hangs is ended', async () => {
  const hanging = runTool(sh('sleep 1000'), { signal: never, clock: systemClock, idleMs: 800 });
  await expect(hanging).rejects.toMatchObject({
    code: 'no_progress',
    message: 'sh did nothing for 0.8 s: it hangs',
  });
});

test('L14 an object store that accepts and then says nothing does not hold a fetch for ever', async () => {
  const { fetchRange } = await import('../../../agent/media/upstream.ts');
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`;
  const asked: number[] = [];
  // Time that a test decides on: the stall's timer and the pauses are due at once.
  const clock = {
    ...systemClock,
    after: (delayMs: number, fn: () => void) => {
      asked.push(delayMs);
      return systemClock.after(20, fn);
    },
    sleep: () => Promise.resolve(),
  };
  const input = { url, sizeBytes: 10, sha256: '', cacheKey: 'x' };
  const range = { start: 0, end: 10, signal: never, onBytes: () => undefined };
  await expect(fetchRange(clock, input, range)).rejects.toMatchObject({ code: 'unavailable' });
  expect(new Set(asked)).toEqual(new Set([30_000]));
  server.closeAllConnections();
  server.close();
});
