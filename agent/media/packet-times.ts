import { runTool } from '../subprocess.ts';
import { TOOL_ENVIRONMENT, type MediaTools } from './probe.ts';

/** One packet of a film's picture. */
export interface TimedPacket {
  /** When it is shown; NaN where the file does not say. */
  readonly timeS: number;
  readonly key: boolean;
}

/** The packets of a file's first picture stream, as they are stored. */
export async function timedPackets(tools: MediaTools, path: string): Promise<TimedPacket[]> {
  const argv = [tools.ffprobe, '-v', 'error', '-of', 'csv=p=0', '-select_streams', 'v:0'];
  argv.push('-show_entries', 'packet=pts_time,flags', path);
  const command = { argv, cwd: tools.workDir, environment: TOOL_ENVIRONMENT };
  const { stdout } = await runTool(command, { ...tools, stdout: 'collect', failure: 'source_unreadable' });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [time, flags] = line.split(',');
      return { timeS: Number(time), key: flags?.startsWith('K') ?? false };
    });
}
