import type { RenditionPlan, SourcePicture } from './keys.ts';

/** Deblocking filters of `_uspp` renditions: the second where no agent has the first. */
export type Deblocking = 'uspp' | 'spp';

export const OUTPUT_NAME = 'rendition.mkv';
/** Replaced by the places of this clip's HLS borders, one element. */
const KEY_FRAMES = 'CLIPGRID_KEY_FRAMES';
/** Replaced by the agent: by how many encoders it has at once. */
const THREADS = 'CLIPGRID_THREADS';
const PIXELS = 'yuv420p';
/** spp's quality, 0 to 6; uspp has its own default. */
const SPP_QUALITY = 5;

const TURNS = { 0: [], 90: ['transpose=clock'], 180: ['hflip', 'vflip'], 270: ['transpose=cclock'] } as const;

/** The filters of one rendition, in order (contract 3.4). `deblocking` is for `_uspp` keys. */
export function filterChain(
  plan: RenditionPlan,
  { turn }: SourcePicture,
  { deblocking, qp }: { deblocking: Deblocking; qp: number },
): string[] {
  const spp = `spp=quality=${SPP_QUALITY}:qp=${qp}`;
  const first = plan.key.isFiltered ? [deblocking === 'uspp' ? `uspp=qp=${qp}` : spp] : [];
  const scale = `scale=${plan.width}:${plan.height}:flags=lanczos+full_chroma_int`;
  return [...TURNS[turn], ...first, 'gradfun', scale, 'setsar=1', `format=${PIXELS}`];
}

/** First line of a rendition's log: what was chosen, and why where it was no free choice. */
export function filterLine(
  plan: RenditionPlan,
  { deblocking, qp }: { deblocking: Deblocking; qp: number },
): string {
  if (!plan.key.isFiltered) return `filter=gradfun,scale size=${plan.width}x${plan.height}`;
  return `filter=${deblocking} qp=${qp}${deblocking === 'spp' ? ' reason=no agent offers uspp' : ''}`;
}

/** The encoder of one rendition: an IDR at every HLS border, no keyframe that a scene cut brings, closed GOPs. */
export function encoderArgv(): string[] {
  const input = ['ffmpeg', '-i', '-', '-an', '-threads', THREADS, '-pix_fmt', PIXELS];
  const quality = ['-c:v', 'libx264', '-preset', 'slow', '-crf', '20'];
  const borders = ['-force_key_frames', KEY_FRAMES, '-forced-idr', '1'];
  const gops = ['-g', '9999', '-sc_threshold', '0', '-x264-params', 'open-gop=0'];
  return [...input, ...quality, ...borders, ...gops, OUTPUT_NAME];
}
