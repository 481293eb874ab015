import { join } from 'node:path';
import { GridError } from '../../shared/errors.ts';
import { fileArtifact } from '../../shared/file-names.ts';
import type { MediaTask, Program } from '../../shared/gen/clipgrid/v1/task.ts';
import { MEDIA_SOURCE, SOURCE_FILE } from '../../shared/media-command.ts';
import { attachmentCommand } from '../media/attachments.ts';
import { isCommandAtFault } from '../media/command-fault.ts';
import { ProgressReader, type FfmpegProgress } from '../media/ffmpeg-progress.ts';
import { textOf } from '../media/probe.ts';
import { requireRoom } from '../media/room.ts';
import { verifyFiles } from '../media/verify-files.ts';
import { writtenFiles, type WrittenFile } from '../media/written-files.ts';
import { withWorkQuota } from '../sandbox/work-quota.ts';
import { withStall } from '../stall.ts';
import { runTool } from '../subprocess.ts';
import { programCommands } from './encode-task.ts';
import type { Runner, RunnerContext } from './runner.ts';
import { withTimeout } from './timeout.ts';
import { writtenFile } from './written-file.ts';

/** L14: ffmpeg that gets no further for so long is ended. */
const NO_FRAME_MS = 120_000;
const IDLE_MS = 60_000;
const HANGS = `the command made no frame for ${NO_FRAME_MS / 1000} s: it hangs`;

/** A program as it is run: on the local copy, with word of how far it is. */
function argvOf({ argv: [program = '', ...words] }: Program): string[] {
  const here = words.map((word) => (word === MEDIA_SOURCE ? SOURCE_FILE : word));
  return [program, '-nostdin', '-progress', 'pipe:1', ...here];
}

/** What the passes together have done: each of them goes over all frames once. */
function passProgress(spec: MediaTask, pass: number, progress: FfmpegProgress) {
  const passes = spec.command?.programs.length ?? 1;
  const { frames = 0, fps, speed } = progress;
  const framesTotal = spec.frameCount;
  const before = framesTotal * pass;
  const framesDone =
    framesTotal === 0 ? frames : Math.floor((before + Math.min(frames, framesTotal)) / passes);
  return { framesDone, framesTotal, fps, speed, phase: 'encode' } as const;
}

/** Runs one pass. Resolves to the last that ffmpeg said of itself. */
async function runPass(spec: MediaTask, context: RunnerContext, pass: number): Promise<FfmpegProgress> {
  const { clock, signal } = context;
  const argv = argvOf(spec.command?.programs[pass] ?? { argv: [] });
  const [command] = await programCommands(context, { programs: [{ argv }], outputName: '' });
  if (command === undefined) throw new GridError('invalid_argument', 'the command has no program');
  let last: FfmpegProgress = { frames: undefined, fps: 0, speed: 0, atS: 0 };
  const stall = { clock, signal, stallMs: NO_FRAME_MS, code: 'no_progress', says: HANGS } as const;
  try {
    await withStall(stall, async (watched, alive) => {
      const reader = new ProgressReader((progress) => {
        if (progress.frames !== last.frames || progress.atS !== last.atS) alive();
        last = progress;
        context.progress(passProgress(spec, pass, progress));
      });
      await runTool(command, {
        signal: watched,
        clock,
        graceMs: 0,
        idleMs: IDLE_MS,
        failure: 'encoder_failed',
        stdout: (chunk) => reader.push(chunk),
        onStderrLine: (line, passing) => context.toolOutput(line, passing),
        onTool: (name) => context.onTool(name),
      });
    });
    return last;
  } catch (thrown) {
    throw withFault(thrown, { argv, madeOutput: (last.frames ?? 0) > 0 || last.atS > 0 });
  }
}

function withFault(thrown: unknown, run: { argv: readonly string[]; madeOutput: boolean }): unknown {
  if (!(thrown instanceof GridError) || thrown.code !== 'encoder_failed') return thrown;
  const { log, exitCode } = thrown.details;
  const code = typeof exitCode === 'number' ? exitCode : undefined;
  const inputAtFault = isCommandAtFault({ ...run, exitCode: code, log: textOf(log) });
  return new GridError(thrown.code, thrown.message, { details: { ...thrown.details, inputAtFault } });
}

/** Takes the wanted files out of the source, in the sandbox as well. */
async function takeAttachments({ attachments }: MediaTask, context: RunnerContext): Promise<void> {
  if (attachments.length === 0) return;
  const argv = attachmentCommand(SOURCE_FILE, attachments);
  const [command] = await programCommands(context, { programs: [{ argv }], outputName: '' });
  if (command === undefined) return;
  const { signal, clock } = context;
  await runTool(command, {
    signal,
    clock,
    idleMs: IDLE_MS,
    failure: 'encoder_failed',
    onStderrLine: (line, passing) => context.toolOutput(line, passing),
  });
}

/** A name with a pattern is that of many files. */
const PATTERN = /[%$]/;

async function runMedia(spec: MediaTask, context: RunnerContext) {
  const { source, command, frameCount, hasVideo } = spec;
  if (!source || !command || command.programs.length === 0)
    throw new GridError('invalid_argument', 'the media task is incomplete');
  const { workDir, clock } = context;
  context.progress({ framesDone: 0, framesTotal: frameCount, fps: 0, phase: 'fetch' });
  await requireRoom(workDir, source.sizeBytes, 'the source');
  await context.source.download(source, join(workDir, SOURCE_FILE), context.signal);
  const startedMs = clock.monotonicMs();
  context.progress({ framesDone: 0, framesTotal: frameCount, fps: 0, phase: 'encode' });
  let last: FfmpegProgress | undefined;
  for (const pass of command.programs.keys()) last = await runPass(spec, context, pass);
  await takeAttachments(spec, context);
  const encodeSeconds = (clock.monotonicMs() - startedMs) / 1000;
  // M6: it counts frames because it was to write pictures.
  if (hasVideo && last?.frames === 0)
    throw new GridError('frames_missing', 'the command ended well but encoded no frame');
  if (!PATTERN.test(command.outputName)) await writtenFile(workDir, command.outputName);
  const files = await writtenFiles(workDir, SOURCE_FILE);
  context.progress({ framesDone: frameCount, framesTotal: frameCount, fps: 0, phase: 'verify' });
  await verifyFiles(context, files);
  const value = { frameCount: last?.frames ?? 0, durationSeconds: last?.atS ?? 0, encodeSeconds };
  return { files, value };
}

function artifactOf({ name, path }: WrittenFile) {
  return { name: fileArtifact(name), path };
}

/** Runs a command of the user on the whole source, in the sandbox. Whatever files it writes are the result. */
export const runMediaTask: Runner<MediaTask> = async (spec, context) => {
  const { files, value } = await withTimeout(context, spec.timeoutSeconds, (timed) =>
    withWorkQuota(timed, (limited) => runMedia(spec, limited)),
  );
  return { artifacts: files.map(artifactOf), result: { kind: { $case: 'media', value } } };
};
