import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { MediaTools } from './probe.ts';
import { countDecodedFrames } from './segment-verify.ts';

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
  const output = ['-map', '0:v:0', '-frames:v', '1', '-vf', small, '-c:v', 'mjpeg', '-q:v', '5'];
  return {
    count: async (tools: MediaTools, path: string): Promise<number> => {
      // The user's programs have run here: a link of that name would be written through.
      await rm(picture, { force: true, recursive: true });
      const more = [...output, '-f', 'image2', '-update', '1', picture];
      try {
        return await countDecodedFrames(tools, path, more);
      } catch {
        if (tools.signal.aborted) return 0;
        await rm(picture, { force: true, recursive: true });
        return countDecodedFrames(tools, path);
      }
    },
    /** Undefined: there is none. */
    path: async (): Promise<string | undefined> => {
      const made = await stat(picture).catch(() => undefined);
      return made && made.size > 0 && made.size <= MAX_BYTES ? picture : undefined;
    },
  };
}
