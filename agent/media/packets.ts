import { runTool } from '../subprocess.ts';
import { TOOL_ENVIRONMENT, type MediaTools, type ProbedStream } from './probe.ts';

/** What the packets of one stream tell, in milliseconds. */
export interface StreamPackets {
  readonly timesMs: number[];
  endMs: number;
}

/** Gathers lines of `index,time,duration`; a column that holds no number is one that is not known. */
class PacketRows {
  readonly streams = new Map<number, StreamPackets>();

  add(columns: readonly string[]): void {
    const [index, time, duration] = columns.map(Number);
    if (columns[0] === '' || index === undefined || Number.isNaN(index)) return;
    const stream = this.streams.get(index) ?? { timesMs: [], endMs: 0 };
    this.streams.set(index, stream);
    const timeMs = (time ?? Number.NaN) * 1000;
    stream.timesMs.push(timeMs);
    stream.endMs = Math.max(stream.endMs, timeMs + (duration || 0) * 1000 || 0);
  }
}

const PACKET = 'packet=stream_index,pts_time,duration_time';

/** Lines of what ffprobe prints, by column, as they come: of a long film that is more than one would keep. */
async function readLines(
  tools: MediaTools,
  words: readonly string[],
  take: (columns: string[]) => void,
): Promise<void> {
  let rest = '';
  const stdout = (chunk: Buffer): void => {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line.trim().split(','));
  };
  const argv = [tools.ffprobe, '-v', 'error', ...words];
  const command = { argv, cwd: tools.workDir, environment: TOOL_ENVIRONMENT };
  await runTool(command, { ...tools, stdout, failure: 'verify_failed' });
}

/** All packets of a file, by stream. */
export async function packetsByStream(tools: MediaTools, path: string): Promise<Map<number, StreamPackets>> {
  const rows = new PacketRows();
  await readLines(tools, ['-of', 'csv=p=0', '-show_entries', PACKET, path], (columns) => rows.add(columns));
  return rows.streams;
}

/** A track of sound; ffprobe says `unknown` where it does not know. */
export interface ReadTrack extends Pick<ProbedStream, 'index' | 'codec_name' | 'profile' | 'sample_rate'> {
  readonly packets: StreamPackets;
}

/** All tracks of sound in a file, in order, with their packets: by one run of ffprobe, each of which costs a process. */
export async function readTracks(tools: MediaTools, path: string): Promise<ReadTrack[]> {
  const rows = new PacketRows();
  const streams: string[][] = [];
  const entries = `${PACKET}:stream=index,codec_name,profile,sample_rate`;
  const words = ['-of', 'csv', '-select_streams', 'a', '-show_entries', entries, path];
  await readLines(tools, words, ([section, ...columns]) => {
    if (section === 'packet') rows.add(columns);
    else if (section === 'stream') streams.push(columns);
  });
  return streams.map(([number, codec = '', profile = '', rate = '']) => {
    const index = Number(number);
    const packets = rows.streams.get(index) ?? { timesMs: [], endMs: 0 };
    return { index, codec_name: codec, profile, sample_rate: rate, packets };
  });
}
