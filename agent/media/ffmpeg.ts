import type { ErrorCode } from '../../shared/errors.ts';
import { runTool } from '../subprocess.ts';
import { TOOL_ENVIRONMENT, type MediaTools } from './probe.ts';

/** Runs our own ffmpeg, which may overwrite what it writes; its failure is told as `failure`. */
export async function ffmpeg(tools: MediaTools, failure: ErrorCode, args: readonly string[]): Promise<void> {
  const argv = [tools.ffmpeg, '-nostdin', '-v', 'error', '-y', ...args];
  const command = { argv, cwd: tools.workDir, environment: TOOL_ENVIRONMENT };
  await runTool(command, { ...tools, failure });
}
