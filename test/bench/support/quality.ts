import { execFileSync, spawnSync } from 'node:child_process';

/** SSIM of a file's frames against those of another with as many, over all planes; 1: equal. Frames are paired by number. */
export function ssim(path: string, reference: string): number {
  const numbered = 'settb=1/25,setpts=N';
  const graph = `[0:v:0]${numbered}[a];[1:v:0]${numbered}[b];[a][b]ssim`;
  const args = ['-nostdin', '-hide_banner', '-i', path, '-i', reference, '-lavfi', graph, '-f', 'null', '-'];
  const { stderr } = spawnSync('ffmpeg', args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  const value = /SSIM .*All:([\d.]+)/.exec(stderr)?.[1];
  if (value === undefined) throw new Error(`no SSIM could be measured: ${stderr.slice(-400)}`);
  return Number(value);
}

/** Bytes and number of a file's video packets: the container and everything else left out. */
export function videoBytes(path: string): { bytes: number; frames: number } {
  const args = [
    '-v',
    'error',
    '-select_streams',
    'v:0',
    '-show_entries',
    'packet=size',
    '-of',
    'csv=p=0',
    path,
  ];
  const lines = execFileSync('ffprobe', args, { maxBuffer: 1 << 26 })
    .toString()
    .split('\n');
  const sizes = lines.filter((line) => line !== '').map((line) => Number(line.split(',')[0]));
  return { bytes: sizes.reduce((sum, size) => sum + size, 0), frames: sizes.length };
}

/** Decibels of an SSIM: equal steps of it cost about equal shares of bits. */
function decibels(value: number): number {
  return -10 * Math.log10(1 - value);
}

export interface QualityPoint {
  readonly ssim: number;
  readonly bytes: number;
}

/**
 * Bytes that an encoder needs for a given SSIM, from two runs at the qualities around it: the logarithm of the size is
 * taken to follow the SSIM in decibels linearly, which holds over a step of CRF.
 */
export function bytesAtSsim(wanted: number, [low, high]: readonly [QualityPoint, QualityPoint]): number {
  const share = (decibels(wanted) - decibels(low.ssim)) / (decibels(high.ssim) - decibels(low.ssim));
  return Math.exp(Math.log(low.bytes) + share * (Math.log(high.bytes) - Math.log(low.bytes)));
}
