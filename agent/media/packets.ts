import { runTool } from '../subprocess.ts';
import { TOOL_ENVIRONMENT, type MediaTools } from './probe.ts';

/** What the packets of one stream tell, in milliseconds. */
export interface StreamPackets {
  readonly timesMs: number[];
  endMs: number;
}

/** All packets of a file, by stream. */
export async function packetsByStream(tools: MediaTools, path: string): Promise<Map<number, StreamPackets>> {
  const streams = new Map<number, StreamPackets>();
  let rest = '';
  const stdout = (chunk: Buffer): void => {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [index, time, duration] = line.split(',').map(Number);
      if (line.trim() === '' || index === undefined || Number.isNaN(index)) continue;
      const stream = streams.get(index) ?? { timesMs: [], endMs: 0 };
      streams.set(index, stream);
      const timeMs = (time ?? Number.NaN) * 1000;
      stream.timesMs.push(timeMs);
      stream.endMs = Math.max(stream.endMs, timeMs + (duration || 0) * 1000 || 0);
    }
  };
  const argv = [tools.ffprobe, '-v', 'error', '-of', 'csv=p=0'];
  argv.push('-show_entries', 'packet=stream_index,pts_time,duration_time', path);
  const command = { argv, cwd: tools.workDir, environment: TOOL_ENVIRONMENT };
  await runTool(command, { ...tools, stdout, failure: 'verify_failed' });
  return streams;
}
