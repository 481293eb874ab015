import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { probe } from '../../agent/media/probe.ts';
import type { Attachment } from '../../shared/gen/clipgrid/v1/task.ts';
import { isInitialisation } from '../../agent/media/verify-files.ts';
import { writtenFiles } from '../../agent/media/written-files.ts';
import { runMediaTask } from '../../agent/runners/media-task.ts';
import { mediaTools, type RunnerProgress } from '../../agent/runners/runner.ts';
import { shortFilm } from './short-film.ts';
import { localObject, runnerContext } from '../support/runner-context.ts';

const folder = mkdtempSync(join(tmpdir(), 'clipgrid-media-'));
const FILM = shortFilm();

/** Runs commands, given as the words behind the input, on a source; the last word of the last one is the output. */
async function run(
  commands: readonly string[],
  source = FILM,
  more: { hasVideo?: boolean; attachments?: Attachment[] } = {},
) {
  const progress: RunnerProgress[] = [];
  const context = { ...runnerContext(), progress: (said: RunnerProgress) => void progress.push(said) };
  const programs = commands.map((words) => ({
    argv: ['ffmpeg', '-loglevel', 'error', '-i', 'CLIPGRID_SOURCE', ...words.split(' ')],
  }));
  const outputName = programs.at(-1)?.argv.at(-1) ?? '';
  const output = await runMediaTask(
    {
      source: localObject(source),
      command: { programs, outputName },
      timeoutSeconds: 60,
      frameCount: 50,
      hasVideo: more.hasVideo ?? true,
      attachments: more.attachments ?? [],
    },
    context,
  );
  const names = output.artifacts.map(({ name }) => name);
  return { context, output, names, progress };
}

const failure = (code: string, message: string, inputAtFault?: boolean) => ({
  code,
  message: expect.stringContaining(message) as string,
  ...(inputAtFault === undefined ? {} : { details: expect.objectContaining({ inputAtFault }) as object }),
});

test('one file: named, counted, and progress that ends with all frames', async () => {
  const { names, output, progress, context } = await run(['-c:v libx264 -preset ultrafast -y o.mp4']);
  expect(names).toEqual(['file/o.mp4']);
  expect(output.result.kind?.value).toMatchObject({ frameCount: 50 });
  const { streams } = await probe(mediaTools(context), output.artifacts[0]!.path);
  expect(streams.map((stream) => stream.codec_name)).toEqual(['h264', 'aac']);
  const encoding = progress.filter(({ phase }) => phase === 'encode').map(({ framesDone }) => framesDone);
  expect(encoding).toEqual(encoding.toSorted((a, b) => a - b));
  expect(encoding.at(-1)).toBe(50);
  expect(progress.map(({ phase }) => phase).filter((phase, i, all) => phase !== all[i - 1])).toEqual([
    'fetch',
    'encode',
    'verify',
  ]);
});

test('two passes: progress goes on over both, and their logs are no files of the result', async () => {
  const both = '-c:v libx264 -preset ultrafast -b:v 200k -an';
  const { names, progress, context } = await run([`${both} -pass 1 -f null -`, `${both} -pass 2 -y o.mp4`]);
  expect(names).toEqual(['file/o.mp4']);
  expect(readdirSync(context.workDir)).toContain('ffmpeg2pass-0.log');
  const encoding = progress.filter(({ phase }) => phase === 'encode').map(({ framesDone }) => framesDone);
  expect(encoding).toEqual(encoding.toSorted((a, b) => a - b));
  expect(encoding).toContain(25);
  expect(encoding.at(-1)).toBe(50);
});

test('many files: a playlist with segments, and fragments whose beginning holds no frame', async () => {
  const hls = await run([
    '-c:v libx264 -preset ultrafast -g 10 -f hls -hls_time 0.4 -hls_list_size 0 o.m3u8',
  ]);
  expect(hls.names).toEqual(['file/o.m3u8', ...[0, 1, 2, 3, 4].map((number) => `file/o${number}.ts`)]);
  const fragments = await run([
    '-c:v libx264 -preset ultrafast -g 25 -f hls -hls_segment_type fmp4 -hls_time 1 o.m3u8',
  ]);
  expect(fragments.names).toEqual(['file/init.mp4', 'file/o.m3u8', 'file/o0.m4s', 'file/o1.m4s']);
  const path = (name: string): string => join(fragments.context.workDir, name);
  expect(await isInitialisation(path('init.mp4'))).toBe(true);
  expect(await isInitialisation(path('o0.m4s'))).toBe(false);
});

test('sound alone', async () => {
  const { names, output } = await run(['-vn -c:a flac -y o.flac']);
  expect(names).toEqual(['file/o.flac']);
  expect(output.result.kind?.value).toMatchObject({ frameCount: 0, durationSeconds: expect.closeTo(2, 1) });
});

test.each([
  ['an unknown option', '-nonsense 1 -y o.mp4', 'Unrecognized option', true],
  ['an unknown encoder', '-c:v nonsense -y o.mp4', 'Unknown encoder', true],
  ['an unknown filter', '-vf nonsense -y o.mp4', 'No such filter', true],
  ['a value that no encoder takes', '-c:v libx264 -profile:v nonsense -y o.mp4', '', true],
  ['a codec that the container cannot hold', '-c:v libx264 -y o.webm', '', true],
  [
    'an output that is not the one it named',
    '-c copy -y other.mkv -f null o.mp4',
    'wrote nothing to o.mp4',
    true,
  ],
])('%s is the fault of the command: no other agent is tried', async (_, words, message, atFault) => {
  await expect(run([words])).rejects.toMatchObject(failure('encoder_failed', message, atFault));
});

test('a source that is no film is the fault of the input', async () => {
  const garbage = join(folder, 'garbage.mp4');
  writeFileSync(garbage, 'This is no film.\n'.repeat(1_000));
  await expect(run(['-c:v libx264 -y o.mp4'], garbage)).rejects.toMatchObject(
    failure('encoder_failed', '', true),
  );
});

/** A program in the place of ffmpeg, and a clock on which two minutes without a frame are over soon. */
async function hang(script: string) {
  const path = join(folder, 'hanging-ffmpeg');
  await writeFile(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const usual = runnerContext();
  const after = (delayMs: number, fn: () => void) =>
    usual.clock.after(delayMs === 120_000 ? 500 : delayMs, fn);
  const clock = { ...usual.clock, after };
  const tools = { ...usual.tools, programs: new Map([['ffmpeg', path]]) };
  const programs = [{ argv: ['ffmpeg', '-i', 'CLIPGRID_SOURCE', 'o.mp4'] }];
  const command = { programs, outputName: 'o.mp4' };
  const spec = {
    source: localObject(FILM),
    command,
    timeoutSeconds: 0,
    frameCount: 50,
    hasVideo: true,
    attachments: [],
  };
  return runMediaTask(spec, { ...usual, clock, tools });
}

test.each([
  ['before the first frame', 'while :; do :; done'],
  [
    'after a frame, saying the same again and again',
    'while :; do printf "frame=1\\nprogress=continue\\n"; done',
  ],
])('L14 a command that gets no further is ended: %s', async (_, script) => {
  await expect(hang(script)).rejects.toMatchObject(failure('no_progress', 'made no frame for 120 s'));
});

test('M6 an exit of 0 without a frame is a failure', async () => {
  await expect(run(['-ss 10 -c:v libx264 -an -y o.mp4'])).rejects.toMatchObject(
    failure('frames_missing', 'encoded no frame'),
  );
  await expect(run(['-ss 10 -vn -y o.wav'])).rejects.toMatchObject(
    failure('frames_missing', 'nothing of the file o.wav can be decoded'),
  );
});

test('a playlist whose pieces lie elsewhere is a file like any other: the pieces speak for themselves', async () => {
  const words = '-c:v libx264 -preset ultrafast -g 25 -f hls -hls_time 1 -hls_base_url sub/ o.m3u8';
  expect((await run([words])).names).toEqual(['file/o.m3u8', 'file/o0.ts', 'file/o1.ts']);
});

test('what is no regular file, or lies deeper, is no part of the result', async () => {
  const context = runnerContext();
  const path = (name: string): string => join(context.workDir, name);
  await writeFile(path('source'), 'x');
  await writeFile(path('kept.ts'), 'x');
  await writeFile(path('ffmpeg2pass-0.log'), 'x');
  await writeFile(path('ffmpeg2pass-0.log.mbtree'), 'x');
  await symlink('/etc/passwd', path('link.ts'));
  await mkdir(path('.cache'));
  await writeFile(path('.cache/deep.ts'), 'x');
  const names = async () => (await writtenFiles(context.workDir, 'source')).map(({ name }) => name);
  expect(await names()).toEqual(['kept.ts']);
  await writeFile(path('empty.ts'), '');
  await expect(names()).rejects.toMatchObject(failure('encoder_failed', 'empty.ts is empty', false));
  await rm(path('empty.ts'));
  await writeFile(path('a\nb.ts'), 'x');
  await expect(names()).rejects.toMatchObject(failure('encoder_failed', 'control characters', true));
  await rm(path('a\nb.ts'));
  await rm(path('kept.ts'));
  await expect(names()).rejects.toMatchObject(failure('encoder_failed', 'wrote no file', true));
});

test('files inside of the source are taken out of it, under names of ours only', async () => {
  const attached = join(folder, 'attached.mkv');
  const font = Buffer.from(Array.from({ length: 3_000 }, (_, i) => i % 251));
  await writeFile(join(folder, 'font'), font);
  const attach = ['-attach', join(folder, 'font'), '-metadata:s:t', 'mimetype=font/ttf'];
  const named = ['-metadata:s:t', 'filename=../../evil.ttf', attached];
  execFileSync('ffmpeg', ['-v', 'error', '-i', FILM, '-c', 'copy', ...attach, ...named]);
  const command = ['-t 1 -c copy o.mkv'];
  const { output } = await run(command, attached, { attachments: [{ streamIndex: 2, name: 'font000.ttf' }] });
  expect(output.artifacts.map(({ name }) => name)).toEqual(['file/font000.ttf', 'file/o.mkv']);
  expect((await readFile(output.artifacts[0]!.path)).equals(font)).toBe(true);
  for (const name of ['../x.ttf', 'source', '-y', 'a b.ttf', '']) {
    const taken = run(command, attached, { attachments: [{ streamIndex: 2, name }] });
    await expect(taken).rejects.toMatchObject(failure('invalid_argument', 'is no name for an attachment'));
  }
});
