import { GridError } from '../../shared/errors.ts';
import type { Clock } from '../../shared/clock.ts';
import { runTool, type ToolExit } from '../subprocess.ts';

/** What a media tool call needs. */
export interface MediaTools {
  readonly ffmpeg: string;
  readonly ffprobe: string;
  readonly workDir: string;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** `passing`: progress, over which a terminal writes the next line. */
  onStderrLine?(line: string, passing?: boolean): void;
  onTool?(name: string): (exit: ToolExit) => void;
}

export interface ProbedStream {
  readonly index: number;
  readonly codec_type?: string;
  readonly codec_name?: string;
  readonly profile?: string;
  readonly sample_rate?: string;
  readonly width?: number;
  readonly height?: number;
  readonly pix_fmt?: string;
  readonly r_frame_rate?: string;
  readonly avg_frame_rate?: string;
  readonly time_base?: string;
  readonly start_pts?: number;
  readonly sample_aspect_ratio?: string;
  readonly color_range?: string;
  readonly color_primaries?: string;
  readonly color_transfer?: string;
  readonly color_space?: string;
  readonly chroma_location?: string;
  readonly field_order?: string;
  readonly extradata_hash?: string;
  readonly disposition?: Readonly<Record<string, number>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly side_data_list?: readonly Readonly<Record<string, unknown>>[];
}

export interface ProbedPacket {
  readonly stream_index: number;
  /** Seconds; absent where the container has no times. */
  readonly pts_time?: string;
  /** Begins with K: a keyframe. */
  readonly flags?: string;
}

export interface Probed {
  readonly streams: readonly ProbedStream[];
  readonly chapters: readonly unknown[];
  /** In stored order; empty unless asked for. */
  readonly packets: readonly ProbedPacket[];
  readonly format: {
    readonly format_name?: string;
    readonly start_time?: string;
    readonly duration?: string;
    readonly size?: string;
    readonly tags?: Readonly<Record<string, string>>;
  };
}

/** The environment of our own tool calls: nothing of the agent's, C locale so that numbers read the same everywhere. */
export const TOOL_ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  LC_ALL: 'C',
};

/** A file and what is in it. */
export interface ProbedFile {
  readonly path: string;
  readonly probed: Probed;
}

/**
 * Streams, chapters and format of a local file; with `packets` its packets, too, which reads all of it. A file that ffprobe
 * cannot read is `source_unreadable`.
 */
export async function probe(
  tools: MediaTools,
  path: string,
  { packets = false }: { readonly packets?: boolean } = {},
): Promise<Probed> {
  const argv = [tools.ffprobe, '-v', 'error', '-of', 'json=compact=1', '-show_data_hash', 'sha256'];
  argv.push('-show_streams', '-show_format', '-show_chapters');
  if (packets) argv.push('-show_entries', 'packet=stream_index,pts_time,flags');
  argv.push(path);
  try {
    const command = { argv, cwd: tools.workDir, environment: TOOL_ENVIRONMENT };
    const { stdout } = await runTool(command, { ...tools, stdout: 'collect', failure: 'source_unreadable' });
    const parsed = JSON.parse(stdout) as Partial<Probed>;
    return { streams: [], chapters: [], packets: [], format: {}, ...parsed };
  } catch (thrown) {
    if (!(thrown instanceof GridError) || thrown.code !== 'source_unreadable') throw thrown;
    const log = textOf(thrown.details['log']).replaceAll(path, 'the file');
    throw new GridError(
      'source_unreadable',
      `the file is no video that ffmpeg can read: ${log.split('\n').at(-1)}`,
      {
        details: { log },
      },
    );
  }
}

/** A text of an error's details; empty where there is none. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The first video stream that is not a cover picture; its absence is `source_unreadable`. */
export function mainVideo(probed: Pick<Probed, 'streams'>): ProbedStream {
  const video = probed.streams.find(
    (stream) => stream.codec_type === 'video' && stream.disposition?.['attached_pic'] !== 1,
  );
  if (video === undefined) {
    const kinds = probed.streams
      .map(({ codec_type: type, disposition }) =>
        disposition?.['attached_pic'] === 1 ? 'a cover picture' : (type ?? 'unknown'),
      )
      .join(', ');
    throw new GridError(
      'source_unreadable',
      `the file has no video stream: it has ${kinds || 'no streams at all'}`,
    );
  }
  return video;
}

/** All audio streams, in order. */
export function audioTracks(probed: Probed): ProbedStream[] {
  return probed.streams.filter((stream) => stream.codec_type === 'audio');
}

/** Names of the dispositions that are set. */
export function dispositionsOf(stream: ProbedStream): string[] {
  const set = Object.entries(stream.disposition ?? {}).filter(([, value]) => value === 1);
  return set.map(([name]) => name);
}

/** Dispositions as ffmpeg's `-disposition` takes them. */
export function dispositionWord(names: readonly string[]): string {
  return names.join('+') || '0';
}

/** `25/1`, `16:9` to a fraction; `0/0`, `N/A` and nonsense to 0/1. */
export function parseRational(text: string | undefined): { num: number; den: number } {
  const match = /^(-?\d+)[/:](\d+)$/.exec(text ?? '');
  const num = Number(match?.[1] ?? 0);
  const den = Number(match?.[2] ?? 1);
  return den === 0 ? { num: 0, den: 1 } : { num, den };
}
