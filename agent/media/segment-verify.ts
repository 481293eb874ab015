import { GridError } from '../../shared/errors.ts';
import type { VideoFormat } from '../../shared/gen/clipgrid/v1/task.ts';
import { runTool } from '../subprocess.ts';
import {
  mainVideo,
  probe,
  TOOL_ENVIRONMENT,
  type MediaTools,
  type ProbedFile,
  type ProbedStream,
} from './probe.ts';
import { videoFormat } from './video-format.ts';

export interface VerifiedSegment {
  /** As a full decode counted them. */
  readonly frameCount: number;
  readonly format: VideoFormat;
  /** Hex SHA-256 of the codec's extradata; empty when there is none. */
  readonly extradataSha256: string;
}

/**
 * Decodes every frame of a file's main video and counts them. Damage is `verify_failed`. One thread costs the least
 * processor time, and the next clip is being encoded meanwhile. Nobody looks at the pictures: that their block edges are not
 * smoothed saves a fifth of it, and every bit of the stream is read all the same. `more`: further outputs of the same ffmpeg.
 */
export async function countDecodedFrames(
  tools: MediaTools,
  path: string,
  more: readonly string[] = [],
): Promise<number> {
  const argv = [tools.ffmpeg, '-nostdin', '-v', 'error', '-xerror', '-threads', '1'];
  argv.push('-skip_loop_filter', 'all', '-i', path);
  argv.push(
    '-map',
    '0:v:0',
    '-vsync',
    'passthrough',
    '-nostats',
    '-progress',
    'pipe:1',
    '-f',
    'null',
    '-',
    ...more,
  );
  const command = { argv, cwd: tools.workDir, environment: TOOL_ENVIRONMENT };
  const { stdout } = await runTool(command, { ...tools, stdout: 'collect', failure: 'verify_failed' });
  return Number([...stdout.matchAll(/^frame=\s*(\d+)$/gm)].at(-1)?.[1] ?? 0);
}

/** What an encoder wrote. Throws `encoder_failed` when it is no readable file. */
export async function probeSegment(
  tools: MediaTools,
  path: string,
  what: { readonly packets?: boolean } = {},
): Promise<ProbedFile> {
  try {
    return { path, probed: await probe(tools, path, what) };
  } catch (thrown) {
    if (!(thrown instanceof GridError) || thrown.code !== 'source_unreadable') throw thrown;
    throw new GridError('encoder_failed', `the encoder wrote no readable video: ${thrown.message}`, {
      cause: thrown,
    });
  }
}

/** Hex SHA-256 of the codec's headers; empty when there are none. */
export function extradataOf({ extradata_hash: hash = '' }: ProbedStream): string {
  return hash.replace(/^SHA256:/i, '');
}

/** M3: a segment counts only if it decodes whole. */
export async function verifySegment(
  tools: MediaTools,
  { path, probed }: ProbedFile,
  count: (tools: MediaTools, path: string) => Promise<number> = countDecodedFrames,
): Promise<VerifiedSegment> {
  const video = mainVideo(probed);
  const frameCount = await count(tools, path);
  return { frameCount, format: videoFormat(video), extradataSha256: extradataOf(video) };
}
