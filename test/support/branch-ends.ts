import type { Branching } from '../../agent/media/pipeline.ts';
import type { GridError } from '../../shared/errors.ts';

/** What became of each branch once all have ended: how many frames it was given, or the code and message of its failure. */
export async function branchEnds({ fed, over }: Branching): Promise<(number | string)[]> {
  const results = await Promise.allSettled(fed);
  await over;
  return results.map((end) => {
    if (end.status === 'fulfilled') return end.value.frames;
    const { code, message } = end.reason as GridError;
    return `${code}: ${message}`;
  });
}
