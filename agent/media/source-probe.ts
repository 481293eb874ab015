import { GridError, toGridError } from '../../shared/errors.ts';
import { runTool } from '../subprocess.ts';
import {
  parseRational,
  textOf,
  TOOL_ENVIRONMENT,
  type MediaTools,
  type Probed,
  type ProbedStream,
} from './probe.ts';

/**
 * Containers and streams that hold all that is in them. Not playlists, manifests and scripts: those name further addresses,
 * which would be opened from this machine.
 */
export const SELF_CONTAINED = [
  'matroska,webm,mov,mp4,avi,mpegts,mpeg,mpegvideo,flv,live_flv,asf,asf_o,mxf,mxg,gxf,nut,ogg,rm,wtv,dv,vob,ivf,obu,av1',
  'h261,h263,h264,hevc,vvc,evc,m4v,vc1,vc1test,cavsvideo,dirac,dnxhd,mjpeg,mjpeg_2000,yuv4mpegpipe,gif,apng,webp_pipe',
  'jpeg_pipe,png_pipe,bmp_pipe,tiff_pipe,3dostr,bink,smk,roq,swf,nsv,nuv,pva,ty,rpl,ingenient,flic,film_cpk,idcin,mlv,mtv',
  'aac,ac3,eac3,ac4,aiff,ape,amr,au,caf,dts,dtshd,flac,mp3,mpc,mpc8,oma,opus,sbc,shn,tak,truehd,mlp,tta,voc,w64,wav,wv',
].join(',');

export const MAX_PROBE_BYTES = 256 * 1024;
/** Streams that are told of where all of them would be too much. */
const MAX_STREAMS = 64;
const MAX_INT4 = 2 ** 31 - 1;

export interface SourceFacts {
  /** Text of `{"streams":[...],"format":{...}}` as ffprobe prints them, without where the file lies. */
  readonly probeJson: string;
  /** 0: not known. */
  readonly durationSeconds: number;
  readonly frameCount: number;
  readonly hasVideo: boolean;
}

type Loose = Readonly<Record<string, unknown>>;

/** Streams and format as ffprobe tells them, reading as little of the source as that takes. `source_unreadable` when it tells none. */
export async function probeStreams(
  tools: MediaTools,
  url: string,
): Promise<Pick<Probed, 'streams' | 'format'>> {
  const argv = [tools.ffprobe, '-v', 'error', '-format_whitelist', SELF_CONTAINED, '-of', 'json'];
  argv.push('-show_streams', '-show_format', url);
  const command = { argv, cwd: tools.workDir, environment: TOOL_ENVIRONMENT };
  const stdout = await runTool(command, { ...tools, stdout: 'collect', failure: 'source_unreadable' }).then(
    (output) => output.stdout,
    (thrown: unknown) => {
      throw unreadable(thrown, url);
    },
  );
  const { streams = [], format = {} } = JSON.parse(stdout) as Partial<Probed>;
  if (streams.length === 0) throw new GridError('source_unreadable', 'the source has no streams');
  return { streams, format };
}

/** What is told of a source: how long it is, and all that ffprobe says of its container. */
export async function probeSource(tools: MediaTools, url: string): Promise<SourceFacts> {
  const { streams, format } = await probeStreams(tools, url);
  return { probeJson: probeText(streams, format), ...measures(streams, format) };
}

function unreadable(thrown: unknown, url: string): GridError {
  const error = toGridError(thrown);
  if (error.code !== 'source_unreadable') return error;
  const log = textOf(error.details['log']).replaceAll(url, 'the source');
  const why = log.split('\n').at(-1) ?? '';
  return new GridError('source_unreadable', `the source is nothing that ffmpeg can read: ${why}`, {
    details: { log },
  });
}

function without(record: Loose, ...names: readonly string[]): Loose {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));
}

/** As much as fits: then without tags, then of the first streams only. */
export function probeText(streams: readonly ProbedStream[], format: Loose): string {
  const all = streams.map((stream) => ({ ...stream }) as Loose);
  const told = without(format, 'filename');
  const bare = all.map((stream) => without(stream, 'tags', 'side_data_list'));
  const texts = [
    { streams: all, format: told },
    { streams: bare, format: without(told, 'tags') },
    { streams: bare.slice(0, MAX_STREAMS), format: without(told, 'tags') },
  ].map((one) => JSON.stringify(one));
  return texts.find((text) => Buffer.byteLength(text) <= MAX_PROBE_BYTES) ?? '{"streams":[],"format":{}}';
}

function positive(text: unknown): number {
  const value = Number(text);
  return Number.isFinite(value) && value > 0 ? value : 0;
}

/** How long the source is, and about how many frames it has, as its container tells. */
export function measures(streams: readonly ProbedStream[], format: Loose): Omit<SourceFacts, 'probeJson'> {
  const video = streams.find(
    (stream) => stream.codec_type === 'video' && stream.disposition?.['attached_pic'] !== 1,
  );
  const ofVideo = (video ?? {}) as Loose;
  const durationSeconds = positive(format['duration']) || positive(ofVideo['duration']);
  if (video === undefined) return { durationSeconds, frameCount: 0, hasVideo: false };
  const { num, den } = parseRational(video.avg_frame_rate);
  const seconds = positive(ofVideo['duration']) || durationSeconds;
  const estimate = positive(ofVideo['nb_frames']) || Math.round((seconds * num) / den);
  return { durationSeconds, frameCount: Math.min(estimate, MAX_INT4), hasVideo: true };
}
