import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { MediaTools } from './probe.ts';
import { countDecodedFrames } from './segment-verify.ts';
import { ffmpeg } from './ffmpeg.ts';

const WIDTH = 160;
/** No picture of that size needs more. */
const MAX_BYTES = 64 * 1024;

/**
 * Counts the frames of a segment, and keeps its first one as a small JPEG on the way: the decode is needed anyhow. Where
 * that does not work, the frames are counted without: a picture never fails a clip.
 */
export function countWithThumbnail(workDir: string) {
  const picture = join(workDir, 'thumbnail.jpg');
  // Without the first of these ffmpeg would scale every frame and throw it away.
  const small = `select='eq(n,0)',scale=${WIDTH}:-2,format=yuvj420p`;
  const options = ['-map', '0:v:0', '-frames:v', '1', '-vf', small, '-c:v', 'mjpeg', '-q:v', '5'];
  const output = [...options, '-f', 'image2', '-update', '1', picture];
  // The user's programs have run here: a link of that name would be written through.
  const clear = (): Promise<void> => rm(picture, { force: true, recursive: true });
  return {
    count: async (tools: MediaTools, path: string): Promise<number> => {
      await clear();
      try {
        return await countDecodedFrames(tools, path, output);
      } catch {
        if (tools.signal.aborted) return 0;
        await clear();
        return countDecodedFrames(tools, path);
      }
    },
    /** Only the picture, where the frames are counted already. */
    make: async (tools: MediaTools, path: string): Promise<void> => {
      await clear();
      await ffmpeg(tools, 'verify_failed', ['-i', path, ...output]).catch(clear);
    },
    /** Undefined: there is none. */
    path: async (): Promise<string | undefined> => {
      const made = await stat(picture).catch(() => undefined);
      return made && made.size > 0 && made.size <= MAX_BYTES ? picture : undefined;
    },
  };
}
