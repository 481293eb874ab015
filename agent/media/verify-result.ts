import { GridError } from '../../shared/errors.ts';
import { fewAtOnce } from '../../shared/few-at-once.ts';
import { runTool } from '../subprocess.ts';
import { codecFor, type Container } from './container-codecs.ts';
import { packetsByStream, type StreamPackets } from './packets.ts';
import { audioTracks, mainVideo, probe, TOOL_ENVIRONMENT, type MediaTools, type Probed } from './probe.ts';

/** Matroska rounds to milliseconds, and so did the retiming. */
const TOLERANCE_MS = 1.01;
const PROBES = 12;
const PROBES_AT_ONCE = 4;

/** Decodes a second around some joints: their packets must fit to each other. */
async function decodeAround(tools: MediaTools, path: string, atS: number): Promise<void> {
  const seek = ['-ss', Math.max(0, atS - 0.5).toFixed(3)];
  const argv = [tools.ffmpeg, '-nostdin', '-v', 'error', '-xerror', '-threads', '1', ...seek, '-i', path];
  argv.push('-map', '0:v:0', '-t', '1', '-f', 'null', '-');
  const command = { argv, cwd: tools.workDir, environment: TOOL_ENVIRONMENT };
  await runTool(command, { ...tools, failure: 'verify_failed' });
}

export interface ExpectedResult {
  readonly container: Container;
  readonly timesMs: readonly number[];
  readonly segmentFrames: readonly number[];
  /** The file with all sound, when there is any. */
  readonly soundPath?: string;
}

function fail(message: string): never {
  throw new GridError('verify_failed', message);
}

/**
 * M3: the merged file is taken only if every frame is there, at its time, it decodes across the joints, every sound of the
 * source is in it and whole, and it lasts as long as what it holds.
 */
export async function verifyResult(tools: MediaTools, path: string, expected: ExpectedResult): Promise<void> {
  const probed = await probe(tools, path);
  const packets = await packetsByStream(tools, path);
  checkFrames(packets.get(mainVideo(probed).index)?.timesMs ?? [], expected.timesMs);
  if (expected.soundPath !== undefined) {
    const source = {
      probed: await probe(tools, expected.soundPath),
      packets: await packetsByStream(tools, expected.soundPath),
    };
    checkSound({ probed, packets }, source, expected.container);
  }
  checkDuration(probed, packets);
  const { timesMs, segmentFrames } = expected;
  const joints: number[] = [];
  segmentFrames.reduce((frame, count) => (joints.push(frame), frame + count), 0);
  const step = Math.max(1, Math.ceil(joints.length / PROBES));
  const some = joints.filter((_, i) => i % step === 0);
  await fewAtOnce(some, PROBES_AT_ONCE, (frame) => decodeAround(tools, path, (timesMs[frame] ?? 0) / 1000));
}

function checkFrames(found: readonly number[], timesMs: readonly number[]): void {
  const times = found.toSorted((a, b) => a - b);
  if (times.length !== timesMs.length)
    fail(`the merged file has ${times.length} frames, ${timesMs.length} are expected`);
  const wrong = times.findIndex((time, i) => !(Math.abs(time - (timesMs[i] ?? 0)) <= TOLERANCE_MS));
  if (wrong >= 0)
    fail(`frame ${wrong} of the merged file is at ${times[wrong]} ms, expected at ${timesMs[wrong]} ms`);
}

interface ReadFile {
  readonly probed: Probed;
  readonly packets: ReadonlyMap<number, StreamPackets>;
}

/** A re-encode (FLAC) has other packets, of a few milliseconds more or less. */
const SOUND_TOLERANCE_MS = 150;

/** Every sound track is there, in order; copied ones packet by packet. */
function checkSound(result: ReadFile, source: ReadFile, container: Container): void {
  const wanted = audioTracks(source.probed);
  const found = audioTracks(result.probed);
  if (found.length !== wanted.length)
    fail(`the merged file has ${found.length} audio tracks, ${wanted.length} are expected`);
  wanted.forEach((stream, track) => {
    const before = source.packets.get(stream.index);
    const after = result.packets.get(found[track]?.index ?? -1);
    const counts = [before?.timesMs.length ?? 0, after?.timesMs.length ?? 0] as const;
    const copied = codecFor(stream, container) === 'copy';
    if (copied && counts[0] !== counts[1])
      fail(`audio track ${track} of the merged file has ${counts[1]} packets, its source ${counts[0]}`);
    const short = (before?.endMs ?? 0) - (after?.endMs ?? 0);
    if (Math.abs(short) > SOUND_TOLERANCE_MS)
      fail(
        `audio track ${track} of the merged file ends at ${after?.endMs} ms, its source at ${before?.endMs} ms`,
      );
  });
}

const DURATION_TOLERANCE_MS = 500;

/** What the file says of its length fits to its packets. */
function checkDuration(probed: Probed, packets: ReadonlyMap<number, StreamPackets>): void {
  const said = Number(probed.format.duration) * 1000;
  const starts = [...packets.values()].map((stream) =>
    stream.timesMs.reduce((a, b) => Math.min(a, b), Infinity),
  );
  const startMs = starts.reduce((a, b) => Math.min(a, b), Infinity);
  const endMs = [...packets.values()].reduce((end, stream) => Math.max(end, stream.endMs), 0);
  // Matroska counts from 0, MP4 from its first packet.
  if (!(said <= endMs + DURATION_TOLERANCE_MS && said >= endMs - startMs - DURATION_TOLERANCE_MS))
    fail(`the merged file says that it lasts ${said} ms, but its packets end at ${endMs} ms`);
}
