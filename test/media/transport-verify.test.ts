import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cutTransport } from '../../agent/media/transport-cut.ts';
import { readTransport } from '../../agent/media/transport-stream.ts';
import { checkFilm, decodeOne } from '../../agent/media/transport-verify.ts';
import { mediaTools } from '../../agent/runners/runner.ts';
import { runnerContext } from '../support/runner-context.ts';

const FRAMES = 75;
const STARTS = [0, 25, 60];
const EXPECTED = {
  starts: STARTS,
  timesMs: Array.from({ length: FRAMES }, (_, frame) => frame * 40),
  sound: undefined,
};
/** The file with the fewest frames. */
const SMALLEST = 2;

const folder = mkdtempSync(join(tmpdir(), 'clipgrid-transport-'));
const context = runnerContext();
const tools = mediaTools(context);
let paths: readonly string[] = [];
let whole: readonly Buffer[] = [];

beforeAll(async () => {
  const videoPath = join(folder, 'film.mkv');
  const key = ['-g', '999', '-x264-params', 'scenecut=0', '-force_key_frames', '1,2.4'];
  execFileSync('ffmpeg', [
    ...['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=s=160x90:r=25:d=3'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', ...key, videoPath],
  ]);
  paths = await cutTransport(tools, { videoPath, sound: undefined, pictureArguments: [], starts: STARTS });
  whole = paths.map((path) => readFileSync(path));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  rmSync(context.workDir, { recursive: true });
});

/** Checks the film with one of its files changed. */
async function verified(file: number, change: (bytes: Buffer) => void, of = tools): Promise<void> {
  for (const [i, path] of paths.entries()) {
    const bytes = Buffer.from(whole[i]!);
    if (i === file) change(bytes);
    writeFileSync(path, bytes);
  }
  const files = await Promise.all(paths.map((path) => readTransport(path)));
  checkFilm(files, EXPECTED);
  await decodeOne(of, paths, files);
}

test('one file is decoded, by one process, and not the first', async () => {
  const log = join(folder, 'runs');
  const noted = join(folder, 'ffmpeg');
  writeFileSync(noted, `#!/bin/sh\necho "$*" >> '${log}'\nexec ${tools.ffmpeg} "$@"\n`);
  chmodSync(noted, 0o755);
  await verified(0, () => undefined, { ...tools, ffmpeg: noted });
  const runs = readFileSync(log, 'utf8').trimEnd().split('\n');
  expect(runs).toHaveLength(1);
  expect(runs[0]).toContain(`-i ${paths[SMALLEST]} `);
});

/** Packets of 188 bytes; the second byte's 0x40 marks those with which a frame begins. */
function spoilFrames(bytes: Buffer): void {
  for (let at = 0; at < bytes.length; at += 188) {
    const [, starts = 0, , control = 0] = bytes.subarray(at, at + 4);
    const isWhole = (control & 0x30) === 0x10;
    if ((starts & 0x40) === 0 && isWhole) bytes.fill(0x55, at + 4, at + 188);
  }
}

test('a file whose frames are all there, but cannot be decoded, is refused', async () => {
  await expect(verified(SMALLEST, spoilFrames)).rejects.toMatchObject({ code: 'verify_failed' });
});

/** Makes units of a type that nobody reads of those that begin with this byte. */
function hide(bytes: Buffer, unit: number): void {
  const start = Buffer.from([0, 0, 1, unit]);
  for (let at = bytes.indexOf(start); at >= 0; at = bytes.indexOf(start, at)) bytes[at + 3] = 0x6c;
}

test.each([
  ['sequence', 0x67],
  ['picture', 0x68],
])('any file that begins without the parameters of its %s is refused', async (_, unit) => {
  for (const file of paths.keys()) {
    await expect(verified(file, (bytes) => hide(bytes, unit))).rejects.toMatchObject({
      code: 'verify_failed',
      message: `file ${file} begins without the parameters of its picture`,
    });
  }
});
