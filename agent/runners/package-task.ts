import { join } from 'node:path';
import { GridError } from '../../shared/errors.ts';
import type { MergeTask, PackagedFile, PackageTask, Rational } from '../../shared/gen/clipgrid/v1/task.ts';
import { fileArtifact } from '../../shared/file-names.ts';
import { averageBandwidth, peakBandwidth, targetSeconds } from '../../shared/hls-rates.ts';
import { numberedName } from '../../shared/numbered-names.ts';
import type { SourceIndex } from '../../shared/source-index.ts';
import { avcColourArguments } from '../media/avc-colour.ts';
import { aacCodec, avcCodec } from '../media/codecs-string.ts';
import { readTracks } from '../media/packets.ts';
import type { MediaTools } from '../media/probe.ts';
import { retime } from '../media/retime.ts';
import { cutTransport, type SoundTrack } from '../media/transport-cut.ts';
import { readTransport, type TransportFile } from '../media/transport-stream.ts';
import { checkFilm, decodeOne, type ExpectedFilm } from '../media/transport-verify.ts';
import { joinParts, type JoinedParts } from './join-parts.ts';
import { mediaTools, type Runner, type RunnerContext } from './runner.ts';
import { withTimeout } from './timeout.ts';

/** Fine enough for the ticks of a transport stream, 1/90000 s. */
const TICK_NS = 1_000;

function unfit(message: string): GridError {
  return new GridError('unsupported', message, { details: { inputAtFault: true } });
}

interface Sound extends SoundTrack {
  readonly codec: string;
  readonly expected: NonNullable<ExpectedFilm['sound']>;
}

/** The first track: a transport stream of a playlist has one. `unsupported` when it is no AAC. */
async function soundOf(tools: MediaTools, joined: JoinedParts): Promise<Sound | undefined> {
  const path = joined.audioPath ?? joined.sidecarPath;
  if (path === undefined) return undefined;
  const [track, ...more] = await readTracks(tools, path);
  if (track === undefined) return undefined;
  if (track.codec_name !== 'aac')
    throw unfit(`the sound is ${track.codec_name}: give the job an audio command that makes AAC of it`);
  for (const { index } of more) tools.onStderrLine?.(`left out: audio stream ${index}: the files hold one`);
  const shiftS = -joined.index.sidecarShiftS;
  const samples = (track.profile ?? '').startsWith('HE') ? 2048 : 1024;
  const frameMs = (samples * 1000) / Number(track.sample_rate);
  const timesMs = track.packets.timesMs.map((time) => time + shiftS * 1000);
  return { path, streamIndex: track.index, shiftS, codec: aacCodec(track), expected: { timesMs, frameMs } };
}

/** Times of all frames and of the end, in microseconds: rounded before they are compared, so that nothing adds up. */
function timesUs(timesMs: readonly number[], { lastDuration, timeBase }: SourceIndex): number[] {
  const lastMs = Math.max((lastDuration * 1000 * timeBase.num) / timeBase.den, 0.001);
  return [...timesMs, (timesMs.at(-1) ?? 0) + lastMs].map((time) => Math.round(time * 1000));
}

interface Packaged {
  readonly spec: PackageTask;
  readonly joined: JoinedParts;
  readonly files: readonly TransportFile[];
  readonly sound: Sound | undefined;
}

function packagedFiles({ spec, joined, files }: Packaged): PackagedFile[] {
  const times = timesUs(joined.timesMs, joined.index);
  return files.map(({ sizeBytes }, i) => {
    const end = times[spec.starts[i + 1] ?? times.length - 1] ?? 0;
    const durationUs = end - (times[spec.starts[i] ?? 0] ?? 0);
    return { name: numberedName(spec.fileName, i), durationUs, sizeBytes };
  });
}

function frameRate(index: SourceIndex, frames: number, durationUs: number): Rational {
  const { frameRate: rate } = index.format;
  return index.variableFrameRate || !rate || rate.num <= 0 ? { num: frames * 1e6, den: durationUs } : rate;
}

function resultOf(packaged: Packaged) {
  const { joined, files: read, sound } = packaged;
  const files = packagedFiles(packaged);
  const durationUs = files.reduce((sum, file) => sum + file.durationUs, 0);
  const picture = avcCodec(read[0]?.head ?? Buffer.alloc(0));
  return {
    files,
    frameCount: joined.timesMs.length,
    durationSeconds: durationUs / 1e6,
    format: joined.agreement.format,
    codecs: [picture, ...(sound ? [sound.codec] : [])].join(','),
    peakBandwidth: peakBandwidth(files),
    averageBandwidth: averageBandwidth(files),
    frameRate: frameRate(joined.index, joined.timesMs.length, durationUs),
    targetSeconds: targetSeconds(files),
  };
}

async function packageFilm(spec: PackageTask & { parts: MergeTask }, context: RunnerContext) {
  const { parts, starts } = spec;
  const tools = mediaTools(context);
  const joined = await joinParts(parts, context);
  const { joinedPath, timesMs, agreement } = joined;
  const { codec } = agreement.format;
  if (codec !== 'h264') throw unfit(`the segments are ${codec}: MPEG-TS files of a playlist hold H.264`);
  const videoPath = join(context.workDir, 'timed.mkv');
  const { segmentFrames } = parts;
  await retime(joinedPath, videoPath, {
    timesMs,
    segmentFrames,
    tickNs: TICK_NS,
    editTracks: (same) => same,
  });
  const sound = await soundOf(tools, joined);
  const pictureArguments = avcColourArguments(joined.index.format, agreement.format);
  const paths = await cutTransport(tools, { videoPath, sound, pictureArguments, starts });
  const framesTotal = timesMs.length;
  context.progress({ framesDone: framesTotal, framesTotal, fps: 0, phase: 'verify' });
  const files: TransportFile[] = [];
  for (const path of paths) files.push(await readTransport(path));
  checkFilm(files, { starts, timesMs, sound: sound?.expected });
  await decodeOne(tools, paths, files);
  return { paths, value: resultOf({ spec, joined, files, sound }) };
}

/** Joins segments and sound to files of MPEG transport stream, one an interval, and verifies them (M3, M4, M5). */
export const runPackageTask: Runner<PackageTask> = async (spec, context) => {
  const { parts } = spec;
  if (!parts || spec.starts[0] !== 0)
    throw new GridError('invalid_argument', 'the package task is incomplete');
  const { paths, value } = await withTimeout(context, parts.timeoutSeconds, (limited) =>
    packageFilm({ ...spec, parts }, limited),
  );
  const artifacts = value.files.map(({ name }, i) => ({ name: fileArtifact(name), path: paths[i] ?? '' }));
  return { artifacts, result: { kind: { $case: 'package', value } } };
};
