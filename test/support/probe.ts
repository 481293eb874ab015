import { execFileSync } from 'node:child_process';

/** What tests ask of a media file, by tools that share nothing with the project's code. */
export interface TestProbe {
  readonly streams: readonly {
    readonly index: number;
    readonly codec_type: string;
    readonly codec_name?: string;
    readonly start_time?: string;
    readonly width?: number;
    readonly height?: number;
    readonly pix_fmt?: string;
    readonly sample_aspect_ratio?: string;
    readonly color_primaries?: string;
    readonly color_transfer?: string;
    readonly color_space?: string;
    readonly disposition: Readonly<Record<string, number>>;
    readonly tags?: Readonly<Record<string, string>>;
    readonly side_data_list?: readonly Readonly<Record<string, unknown>>[];
  }[];
  readonly chapters: readonly {
    readonly start_time: string;
    readonly tags?: Readonly<Record<string, string>>;
  }[];
  readonly format: { readonly duration?: string; readonly tags?: Readonly<Record<string, string>> };
}

export function probeFile(path: string): TestProbe {
  const args = ['-v', 'error', '-of', 'json', '-show_streams', '-show_chapters', '-show_format', path];
  return JSON.parse(execFileSync('ffprobe', args, { maxBuffer: 1 << 26 }).toString()) as TestProbe;
}

/** MD5 of each decoded frame of the main video, after `filter` where there is one. */
export function frameMd5s(path: string, stream = '0:v:0', filter = 'null'): string[] {
  const args = ['-v', 'error', '-i', path, '-map', stream, '-vf', filter, '-vsync', 'passthrough'];
  args.push('-f', 'framemd5', '-');
  const lines = execFileSync('ffmpeg', args, { maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] })
    .toString()
    .split('\n');
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').at(-1)!.trim());
}

/** Presentation times of the decoded frames, in seconds, as the container tells them. */
export function frameTimes(path: string, stream = '0:v:0'): number[] {
  const args = [
    '-v',
    'error',
    '-of',
    'csv=p=0',
    '-select_streams',
    // ffmpeg's maps name the file, ffprobe has only one.
    stream.replace(/^0:/, ''),
    '-show_entries',
    'frame=best_effort_timestamp_time',
    path,
  ];
  const lines = execFileSync('ffprobe', args, { maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] })
    .toString()
    .split('\n');
  return lines.filter((line) => line !== '').map((line) => Number(line.split(',')[0]));
}

/** Times of a stream's packets in seconds and their hashes, in file order. Those that an edit list throws away are left out. */
export function packets(path: string, stream: string): { time: number; hash: string }[] {
  const args = ['-v', 'error', '-of', 'csv=p=0', '-select_streams', stream, '-show_data_hash', 'md5'];
  args.push('-show_entries', 'packet=pts_time,flags,data_hash', path);
  const lines = execFileSync('ffprobe', args, { maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] })
    .toString()
    .split('\n');
  return lines
    .map((line) => line.split(','))
    .filter((fields) => fields.length >= 3 && !fields[1]!.includes('D'))
    .map(([time, , hash]) => ({ time: Number(time), hash: hash! }));
}

/** One packet of a file: when it is shown, in seconds, and whether decoding can begin at it. */
export interface TestPacket {
  readonly stream: number;
  readonly time: number;
  readonly key: boolean;
}

/** All packets of a file, in file order, by one look at it. */
export function allPackets(path: string): TestPacket[] {
  const args = ['-v', 'error', '-of', 'csv=p=0', '-show_entries', 'packet=stream_index,pts_time,flags', path];
  const lines = execFileSync('ffprobe', args, { maxBuffer: 1 << 28 })
    .toString()
    .split('\n');
  return lines
    .filter((line) => line.trim() !== '')
    .map((line) => line.split(','))
    .map(([stream, time, flags]) => ({
      stream: Number(stream),
      time: Number(time),
      key: flags!.startsWith('K'),
    }));
}

/** Which frames of the first stream are keyframes, in the order in which they are shown. */
export function keyFrames(all: readonly TestPacket[]): number[] {
  return all
    .filter(({ stream }) => stream === 0)
    .toSorted((a, b) => a.time - b.time)
    .flatMap(({ key }, frame) => (key ? [frame] : []));
}
