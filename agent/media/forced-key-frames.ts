import { GridError } from '../../shared/errors.ts';
import type { EncodeCommand } from '../../shared/gen/clipgrid/v1/task.ts';
import { runTool } from '../subprocess.ts';
import { TOOL_ENVIRONMENT, type MediaTools } from './probe.ts';

/** The word of a command that stands for the frames that must be keyframes. */
const KEY_FRAMES = 'CLIPGRID_KEY_FRAMES';

/**
 * The command with that word replaced by a value of ffmpeg's `-force_key_frames`. It counts frames, so it needs no frame rate
 * and no rounding moves one. `frames`: of what the encoder is given, ascending; the first frame, 0, is one in any case.
 */
export function withKeyFrames(command: EncodeCommand, frames: readonly number[]): EncodeCommand {
  const value = `expr:${[0, ...frames].map((frame) => `eq(n,${frame})`).join('+')}`;
  const programs = command.programs.map(({ argv }) => ({
    argv: argv.map((word) => (word === KEY_FRAMES ? value : word)),
  }));
  return { ...command, programs };
}

/** Numbers, in the order in which they are shown, of the frames of a file's main video that are keyframes. */
async function keyFramesOf(tools: MediaTools, path: string): Promise<ReadonlySet<number>> {
  const frames: { readonly atS: number; readonly key: boolean }[] = [];
  let rest = '';
  const stdout = (chunk: Buffer): void => {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [time = '', flags = ''] = line.split(',');
      if (time !== '') frames.push({ atS: Number(time), key: flags.startsWith('K') });
    }
  };
  const argv = [tools.ffprobe, '-v', 'error', '-select_streams', 'v:0', '-of', 'csv=p=0'];
  argv.push('-show_entries', 'packet=pts_time,flags', path);
  const command = { argv, cwd: tools.workDir, environment: TOOL_ENVIRONMENT };
  await runTool(command, { ...tools, stdout, failure: 'verify_failed' });
  const shown = frames.toSorted((a, b) => a.atS - b.atS);
  return new Set(shown.flatMap(({ key }, frame) => (key ? [frame] : [])));
}

/** M3 where keyframes were asked for: each of `frames` is one. Else `encoder_failed`, and no agent would do better. */
export async function checkKeyFrames(
  tools: MediaTools,
  path: string,
  frames: readonly number[],
): Promise<void> {
  if (frames.length === 0) return;
  const found = await keyFramesOf(tools, path);
  const missing = frames.find((frame) => !found.has(frame));
  if (missing === undefined) return;
  const message = `frame ${missing} of the segment starts an interval and is no keyframe: the command must force keyframes, e.g. by -force_key_frames ${KEY_FRAMES}`;
  throw new GridError('encoder_failed', message, { details: { inputAtFault: true } });
}
