import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse, types } from 'hls-parser';
import { expect } from 'vitest';

/** A rendition as it was fetched: its playlist, and its segments in files. */
export interface FetchedRendition {
  readonly text: string;
  readonly paths: readonly string[];
  /** In seconds, as the playlist says. */
  readonly durations: readonly number[];
  /** Local files of the segments, in order. */
  readonly files: readonly string[];
}

async function textOf(url: string): Promise<string> {
  const answer = await fetch(url);
  expect([url, answer.status]).toEqual([url, 200]);
  return answer.text();
}

/** Reads a media playlist by an independent parser and fetches all that it lists. */
export async function fetchRendition(host: string, path: string): Promise<FetchedRendition> {
  const text = await textOf(`${host}/${path}`);
  const playlist = parse(text);
  if (!(playlist instanceof types.MediaPlaylist)) throw new Error(`${path} is no media playlist`);
  const folder = await mkdtemp(join(tmpdir(), 'clipgrid-hls-'));
  const paths = playlist.segments.map((segment) => segment.uri);
  const files = await Promise.all(
    paths.map(async (uri, i) => {
      const answer = await fetch(new URL(uri, `${host}/${path}`));
      expect([uri, answer.status]).toEqual([uri, 200]);
      const file = join(folder, `${String(i).padStart(4, '0')}.ts`);
      await writeFile(file, Buffer.from(await answer.arrayBuffer()));
      return file;
    }),
  );
  return { text, paths, durations: playlist.segments.map((segment) => segment.duration), files };
}

export interface Variant {
  readonly uri: string;
  readonly size: string;
  readonly bandwidth: number;
  readonly averageBandwidth: number | undefined;
  readonly codecs: string;
  readonly frameRate: number | undefined;
}

/** Reads a master playlist by an independent parser. */
export async function fetchMaster(host: string, path: string): Promise<Variant[]> {
  const playlist = parse(await textOf(`${host}/${path}`));
  if (!(playlist instanceof types.MasterPlaylist)) throw new Error(`${path} is no master playlist`);
  return playlist.variants.map((variant) => ({
    uri: variant.uri,
    size: `${variant.resolution?.width}x${variant.resolution?.height}`,
    bandwidth: variant.bandwidth,
    averageBandwidth: variant.averageBandwidth,
    codecs: variant.codecs ?? '',
    frameRate: variant.frameRate,
  }));
}

export interface Packet {
  readonly pts: number;
  readonly isKey: boolean;
}

/** Times in seconds of a file's packets, in the order in which they are shown. */
export function packetsOf(input: string, stream: 'v' | 'a'): Packet[] {
  const args = ['-v', 'error', '-select_streams', `${stream}:0`, '-of', 'csv=p=0'];
  const entries = ['-show_entries', 'packet=pts_time,flags', input];
  const text = execFileSync('ffprobe', [...args, ...entries], { maxBuffer: 64 * 1024 * 1024 }).toString();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(','))
    .map(([pts = '', flags = '']) => ({ pts: Number(pts), isKey: flags.startsWith('K') }))
    .toSorted((a, b) => a.pts - b.pts);
}

/** Decodes all of a URL or file and counts the frames of its video; throws when ffmpeg has anything to say. */
export async function decodedFrames(input: string): Promise<number> {
  const args = ['-nostdin', '-v', 'error', '-xerror', '-i', input, '-map', '0:v:0', '-f', 'framemd5', '-'];
  const { stdout } = await promisify(execFile)('ffmpeg', args, { maxBuffer: 64 * 1024 * 1024 });
  return stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
}
