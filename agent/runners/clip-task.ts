import { join } from 'node:path';
import { GridError } from '../../shared/errors.ts';
import type { ClipTask } from '../../shared/gen/clipgrid/v1/task.ts';
import { cutClip } from '../media/clip-cut.ts';
import { mediaTools, type Runner } from './runner.ts';

/** Cuts one clip of the source as a Matroska file with its main video only, for people to look at. */
export const runClipTask: Runner<ClipTask> = async ({ source, range, cut }, context) => {
  if (!source || !range || !cut) throw new GridError('invalid_argument', 'the clip task is incomplete');
  const opened = await context.source.open(source, context.signal);
  try {
    const outputPath = join(context.workDir, 'clip.mkv');
    const input = { source: opened, cut, startFrame: range.startFrame, outputPath };
    const { path, wanted } = await cutClip(mediaTools(context), input);
    return {
      artifacts: [{ name: 'clip', path }],
      result: { kind: { $case: 'clip', value: { frameCount: wanted } } },
    };
  } catch (error) {
    throw opened.failure() ?? error;
  } finally {
    await opened.close();
  }
};
