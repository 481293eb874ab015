import { join } from 'node:path';
import { GridError } from '../../shared/errors.ts';
import type { AudioTask } from '../../shared/gen/clipgrid/v1/task.ts';
import { probe } from '../media/probe.ts';
import { withWorkQuota } from '../sandbox/work-quota.ts';
import { runTool } from '../subprocess.ts';
import { programCommands } from './encode-task.ts';
import { mediaTools, type Runner, type RunnerContext } from './runner.ts';
import { withTimeout } from './timeout.ts';
import { writtenFile } from './written-file.ts';

/** The name under which an audio command finds the streams that it is to encode. */
const SIDECAR_NAME = 'CLIPGRID_AUDIO.mkv';

async function encodeAudio(spec: AudioTask, context: RunnerContext) {
  if (!spec.sidecar || !spec.command) throw new GridError('invalid_argument', 'the audio task is incomplete');
  await context.source.download(spec.sidecar, join(context.workDir, SIDECAR_NAME), context.signal);
  const [command, ...more] = await programCommands(context, spec.command);
  if (command === undefined || more.length > 0) {
    throw new GridError('invalid_argument', 'an audio command is one program');
  }
  const { signal, clock } = context;
  const onStderrLine = (line: string): void => context.toolOutput(line);
  await runTool(command, { signal, clock, onStderrLine, failure: 'encoder_failed' });
  const path = await writtenFile(context.workDir, spec.command.outputName);
  const probed = await probe(mediaTools(context), path);
  return { path, durationSeconds: Number(probed.format.duration ?? 0) || 0 };
}

/** Encodes the audio of a source, once and whole (M5). */
export const runAudioTask: Runner<AudioTask> = async (spec, context) => {
  const { path, durationSeconds } = await withTimeout(context, spec.timeoutSeconds, (timed) =>
    withWorkQuota(timed, (limited) => encodeAudio(spec, limited)),
  );
  return {
    artifacts: [{ name: 'audio', path }],
    result: { kind: { $case: 'audio', value: { durationSeconds } } },
  };
};
