import { open } from 'node:fs/promises';
import { GridError } from '../../shared/errors.ts';
import { scanBlocks } from './matroska-blocks.ts';

/** ffmpeg's Matroska has the video first. */
const VIDEO_TRACK = 1;

/**
 * Writes the time stamps of the video of one Matroska file into another that holds the same packets, in place. ffmpeg guesses
 * decoding times, and where it guesses wrong (the order of pictures gets deeper on the way) it moves pictures to fit them.
 */
export async function patchTimes(fromPath: string, toPath: string): Promise<void> {
  const from = await open(fromPath, 'r');
  const to = await open(toPath, 'r+');
  try {
    const wanted = (await scanBlocks(from)).blocks;
    const found = (await scanBlocks(to)).blocks.filter((block) => block.track === VIDEO_TRACK);
    for (const [i, place] of found.entries()) {
      const relative = (wanted[i]?.timeMs ?? Number.NaN) - place.clusterMs;
      if (relative === place.timeMs - place.clusterMs) continue;
      if (!(Math.abs(relative) < 0x8000))
        throw new GridError('verify_failed', `frame ${i} of the merged file is far from its time`);
      const bytes = Buffer.alloc(2);
      bytes.writeInt16BE(relative);
      await to.write(bytes, 0, 2, place.element.start + place.timeAt);
    }
  } finally {
    await from.close();
    await to.close();
  }
}
