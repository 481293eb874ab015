import { join } from 'node:path';
import { GridError } from '../../shared/errors.ts';
import type { AudioTask } from '../../shared/gen/clipgrid/v1/task.ts';
import { packetsByStream } from '../media/packets.ts';
import { audioTracks, probe, type MediaTools } from '../media/probe.ts';
import { withWorkQuota } from '../sandbox/work-quota.ts';
import { runTool } from '../subprocess.ts';
import { programCommands } from './encode-task.ts';
import { mediaTools, type Runner, type RunnerContext } from './runner.ts';
import { withTimeout } from './timeout.ts';
import { writtenFile } from './written-file.ts';

/** The name under which an audio command finds the streams that it is to encode. */
const SIDECAR_NAME = 'CLIPGRID_AUDIO.mkv';

/** Without a word on it ffmpeg takes one track only: then all of them are meant. */
function withAllTracks(argv: readonly string[]): string[] {
  const input = argv.indexOf('-i');
  if (input < 0 || argv.some((word) => word.startsWith('-map'))) return [...argv];
  return [...argv.slice(0, input + 2), '-map', '0:a', ...argv.slice(input + 2)];
}

/** Sound that starts late must go on doing so: ffmpeg would move what it reads to the start. */
function withOwnTimes([program = '', ...words]: readonly string[]): string[] {
  return [program, ...(words.includes('-copyts') ? [] : ['-copyts']), ...words];
}

const SOUND_TOLERANCE_S = 0.3;

/** How long each audio track of a file lasts, in seconds, by its packets. */
async function trackEnds(tools: MediaTools, path: string): Promise<number[]> {
  const tracks = audioTracks(await probe(tools, path));
  const packets = await packetsByStream(tools, path);
  return tracks.map((track) => (packets.get(track.index)?.endMs ?? 0) / 1000);
}

/** M6 for sound: a command that exits 0 with fewer tracks, or shorter ones, has failed. */
function checkTracks(before: readonly number[], after: readonly number[]): void {
  if (after.length !== before.length) {
    const message = `the audio command was given ${before.length} audio tracks, its output has ${after.length}`;
    throw new GridError('frames_missing', message);
  }
  const wrong = before.findIndex((endS, track) => Math.abs(endS - (after[track] ?? 0)) > SOUND_TOLERANCE_S);
  if (wrong < 0) return;
  const [given, got] = [before[wrong]?.toFixed(2), after[wrong]?.toFixed(2)];
  throw new GridError(
    'frames_missing',
    `audio track ${wrong} ends at ${got} s after the audio command, at ${given} s before`,
  );
}

async function encodeAudio(spec: AudioTask, context: RunnerContext) {
  if (!spec.sidecar || !spec.command) throw new GridError('invalid_argument', 'the audio task is incomplete');
  const sidecarPath = join(context.workDir, SIDECAR_NAME);
  await context.source.download(spec.sidecar, sidecarPath, context.signal);
  const programs = spec.command.programs.map(({ argv }) => ({ argv: withOwnTimes(withAllTracks(argv)) }));
  const [command, ...more] = await programCommands(context, { ...spec.command, programs });
  if (command === undefined || more.length > 0) {
    throw new GridError('invalid_argument', 'an audio command is one program');
  }
  const { signal, clock } = context;
  const onStderrLine = (line: string, passing: boolean): void => context.toolOutput(line, passing);
  const { onTool } = context;
  await runTool(command, { signal, clock, onStderrLine, onTool, failure: 'encoder_failed' });
  const path = await writtenFile(context.workDir, spec.command.outputName);
  const tools = mediaTools(context);
  const ends = await trackEnds(tools, path);
  checkTracks(await trackEnds(tools, sidecarPath), ends);
  return { path, durationSeconds: ends.reduce((a, b) => Math.max(a, b), 0) };
}

/** Encodes the audio of a source, once and whole (M5); once, too, for all attempts that are to encode it alike. */
export const runAudioTask: Runner<AudioTask> = async (spec, context) => {
  const work = (common: RunnerContext) =>
    withTimeout(common, spec.timeoutSeconds, (timed) =>
      withWorkQuota(timed, (limited) => encodeAudio(spec, limited)),
    );
  const { shared, signal } = context;
  const { path, durationSeconds } = await (shared ? shared.once(work, signal) : work(context));
  return {
    artifacts: [{ name: 'audio', path }],
    result: { kind: { $case: 'audio', value: { durationSeconds } } },
  };
};
