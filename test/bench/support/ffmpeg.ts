import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { costOf, type Cost } from './cost.ts';

/** One run of ffmpeg on this machine, by nobody's help; files that are there are replaced. */
export async function ffmpegCost(args: readonly string[]): Promise<Cost> {
  const { result: code, ...cost } = await costOf(async () => {
    const words = ['-nostdin', '-v', 'error', '-y', ...args];
    const child = spawn('ffmpeg', words, { stdio: ['ignore', 'ignore', 'inherit'] });
    return ((await once(child, 'exit')) as [number | null])[0];
  });
  if (code !== 0) throw new Error(`ffmpeg ended with ${code}`);
  return cost;
}
