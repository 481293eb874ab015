import { join } from 'node:path';
import { GridError } from '../../shared/errors.ts';
import type { Rational } from '../../shared/gen/clipgrid/v1/task.ts';
import { runTool } from '../subprocess.ts';
import { ffmpeg } from './ffmpeg.ts';
import { TOOL_ENVIRONMENT, type MediaTools, type ProbedFile } from './probe.ts';
import { retime } from './retime.ts';
import { probeSegment } from './segment-verify.ts';

/** Demuxers of bare bitstreams, as x265 and some x264 write them whatever the file is called: frames without time stamps. */
const RAW = new Set(['hevc', 'h264', 'obu']);

/** Byte positions of packets as stored, or of frames as shown. */
async function positions(
  tools: MediaTools,
  path: string,
  what: { readonly demuxer: string; readonly entry: 'packet=pos' | 'frame=pkt_pos' },
): Promise<number[]> {
  const found: number[] = [];
  let rest = '';
  const stdout = (chunk: Buffer): void => {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    // Frames with side data bring lines of their own.
    for (const line of lines) if (/^\d/.test(line)) found.push(Number.parseInt(line, 10));
  };
  const argv = [tools.ffprobe, '-v', 'error', '-f', what.demuxer, '-select_streams', 'v:0'];
  argv.push('-show_entries', what.entry, '-of', 'csv=p=0', path);
  const command = { argv, cwd: tools.workDir, environment: TOOL_ENVIRONMENT };
  await runTool(command, { ...tools, stdout, failure: 'encoder_failed' });
  return found;
}

/** For each packet in stored order: which frame it is in the order in which they are shown. */
async function shownOrder(tools: MediaTools, path: string, demuxer: string): Promise<number[]> {
  const packets = await positions(tools, path, { demuxer, entry: 'packet=pos' });
  const frames = await positions(tools, path, { demuxer, entry: 'frame=pkt_pos' });
  const rankOf = new Map(frames.map((position, rank) => [position, rank]));
  const order = packets.map((position) => rankOf.get(position));
  if (rankOf.size === packets.length && order.every((rank) => rank !== undefined)) return order;
  const message = `the encoder wrote a bare ${demuxer} stream of ${packets.length} packets that shows ${frames.length} frames: it cannot be given time stamps`;
  throw new GridError('encoder_failed', message);
}

/**
 * A segment as a container with time stamps, which it must have to be joined. A bare bitstream is decoded once to learn the
 * order of its frames (ffmpeg cannot tell it otherwise), and wrapped; every other file is what it was.
 */
export async function withTimestamps(
  tools: MediaTools,
  file: ProbedFile,
  frameRate: Rational | undefined,
): Promise<ProbedFile> {
  const { path, probed } = file;
  const demuxer = probed.format.format_name ?? '';
  if (!RAW.has(demuxer)) return file;
  const order = await shownOrder(tools, path, demuxer);
  const stored = join(tools.workDir, 'in-stored-order.mkv');
  const timed = join(tools.workDir, 'timed.mkv');
  const wrapped = join(tools.workDir, 'wrapped.mkv');
  await copyVideo(tools, ['-f', demuxer, '-i', path], ['-bsf:v', 'setts=pts=N:dts=N', stored]);
  const frameMs = frameRate && frameRate.num > 0 ? (1000 * frameRate.den) / frameRate.num : 40;
  // In this file the i-th packet is also the i-th that is shown, so each gets the time of its true rank.
  await retime(stored, timed, {
    timesMs: order.map((rank) => rank * frameMs),
    segmentFrames: [order.length],
    tickNs: 1_000_000,
    editTracks: (tracks) => tracks,
  });
  // Once more, for a head that tells the true duration: joining goes by it.
  await copyVideo(tools, ['-i', timed], [wrapped]);
  return probeSegment(tools, wrapped, { packets: true });
}

async function copyVideo(
  tools: MediaTools,
  input: readonly string[],
  output: readonly string[],
): Promise<void> {
  await ffmpeg(tools, 'encoder_failed', [...input, '-c', 'copy', '-f', 'matroska', ...output]);
}
