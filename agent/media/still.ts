import { join } from 'node:path';
import { TOOL_ENVIRONMENT, type MediaTools, type ProbedStream } from './probe.ts';
import type { ToolCommand } from '../subprocess.ts';

/** No picture is wider or higher than this. */
const MAX_PIXELS = 1920;
const HD_HEIGHT = 720;

const MATRICES: Readonly<Record<string, string>> = {
  bt709: 'bt709',
  fcc: 'fcc',
  bt470bg: 'bt601',
  smpte170m: 'bt601',
  smpte240m: 'smpte240m',
  bt2020nc: 'bt2020',
  bt2020c: 'bt2020',
};

/**
 * How frames of a source become RGB. y4m tells no matrix, so what a script returns is shown by the source's: else the two
 * pictures would differ in colour where the script changed none.
 */
export function stillFilter({
  color_space: space = '',
  color_range: range,
  height = 0,
}: ProbedStream): string {
  const matrix = MATRICES[space] ?? (height >= HD_HEIGHT ? 'bt709' : 'bt601');
  const size = `w='min(${MAX_PIXELS},iw)':h='min(${MAX_PIXELS},ih)':force_original_aspect_ratio=decrease`;
  const colours = `in_color_matrix=${matrix}:in_range=${range === 'pc' ? 'pc' : 'tv'}`;
  return `scale=${size}:${colours}:flags=lanczos+accurate_rnd+full_chroma_int+full_chroma_inp,format=rgb24`;
}

/** Writes the frame of that number as PNG. `input`: a file, or `-` for y4m. */
export function stillCommand(
  tools: MediaTools,
  { input, frame, filter, name }: { input: string; frame: number; filter: string; name: string },
): ToolCommand {
  const from = input === '-' ? ['-f', 'yuv4mpegpipe', '-i', '-'] : ['-noautorotate', '-i', input];
  const argv = [tools.ffmpeg, ...(input === '-' ? [] : ['-nostdin']), '-v', 'error', '-y', ...from];
  argv.push('-map', '0:v:0', '-vf', `select='eq(n,${frame})',${filter}`, '-vsync', 'passthrough');
  argv.push('-frames:v', '1', '-c:v', 'png', '-f', 'image2', '-update', '1', join(tools.workDir, name));
  return { argv, cwd: tools.workDir, environment: TOOL_ENVIRONMENT };
}
