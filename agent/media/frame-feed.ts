import type { Readable, Writable } from 'node:stream';
import { GridError } from '../../shared/errors.ts';
import type { FrameCounter } from './frame-counter.ts';

export interface FeedInput {
  /** Of the frame source. */
  readonly output: Readable;
  readonly counter: FrameCounter;
  /** Whoever reads what it gives; they go at the pace of the slowest. */
  readonly inputs: readonly Writable[];
  /** Whether anybody reads from any output of the source: as long as one does, all of its outputs must be emptied. */
  isRead(): boolean;
}

/** Gives all frames of one output to all that read. Resolves to what was wrong with the frames, if something was. */
export async function giveFrames({
  output,
  counter,
  inputs,
  isRead,
}: FeedInput): Promise<GridError | undefined> {
  try {
    for await (const chunk of output) {
      counter.push(chunk as Buffer);
      const waits = inputs.flatMap((input) => written(input, chunk as Buffer) ?? []);
      if (waits.length > 0) await Promise.all(waits);
      // The source, which has nobody to write to any more, hears of it by its pipe.
      else if (!isRead()) break;
    }
    for (const input of inputs) input.end();
    return undefined;
  } catch (thrown) {
    for (const input of inputs) input.destroy();
    return thrown instanceof GridError ? thrown : undefined;
  }
}

/** Undefined: more may be written. Else resolves when it may, or nobody reads any more. */
function written(input: Writable, chunk: Buffer): Promise<void> | undefined {
  if (!input.writable || input.write(chunk) || !input.writable) return undefined;
  return new Promise<void>((resolve) => {
    const done = (): void => {
      input.off('drain', done).off('close', done);
      resolve();
    };
    input.once('drain', done).once('close', done);
  });
}
