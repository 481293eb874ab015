import { GridError } from '../../shared/errors.ts';
import type { Rational } from '../../shared/gen/clipgrid/v1/task.ts';

/** Bytes of one sample of a y4m colour space: planes' share of luma samples, and bytes each. */
function sampleFactor(colour: string): {
  perPixel: (width: number, height: number) => number;
  bytes: number;
} {
  const bits = Number(/p(\d{2})/.exec(colour)?.[1] ?? /mono(\d{2})/.exec(colour)?.[1] ?? 8);
  const bytes = bits > 8 ? 2 : 1;
  const half = (value: number): number => Math.ceil(value / 2);
  if (colour.startsWith('mono')) return { perPixel: (w, h) => w * h, bytes };
  if (colour.startsWith('444alpha')) return { perPixel: (w, h) => 4 * w * h, bytes };
  if (colour.startsWith('444')) return { perPixel: (w, h) => 3 * w * h, bytes };
  if (colour.startsWith('422')) return { perPixel: (w, h) => w * h + 2 * half(w) * h, bytes };
  if (colour.startsWith('411')) return { perPixel: (w, h) => w * h + 2 * Math.ceil(w / 4) * h, bytes };
  if (colour.startsWith('410'))
    return { perPixel: (w, h) => w * h + 2 * Math.ceil(w / 4) * Math.ceil(h / 4), bytes };
  return { perPixel: (w, h) => w * h + 2 * half(w) * half(h), bytes };
}

/** Size of a frame's data in bytes, from a YUV4MPEG2 stream header. Format: mjpegtools' yuv4mpeg(5). */
export function y4mFrameBytes(header: string): number {
  const fields = header.split(' ');
  const field = (letter: string): string => fields.find((text) => text.startsWith(letter))?.slice(1) ?? '';
  const width = Number(field('W'));
  const height = Number(field('H'));
  if (fields[0] !== 'YUV4MPEG2' || !(width > 0) || !(height > 0)) {
    throw new GridError(
      'script_failed',
      'the script gave no y4m stream: is its output a video node of constant format?',
    );
  }
  const { perPixel, bytes } = sampleFactor(field('C') || '420jpeg');
  return perPixel(width, height) * bytes;
}

/** Frames a second that a stream header tells; 0/1: it tells none. */
export function y4mFrameRate(header: string): Rational {
  const match = /(?:^| )F(\d+):(\d+)/.exec(header);
  const [num, den] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
  return num > 0 && den > 0 ? { num, den } : { num: 0, den: 1 };
}

const NEWLINE = 0x0a;
const MAX_HEADER = 4_096;

/** Counts the frames of a y4m stream; a frame counts when its last byte has passed. */
export class FrameCounter {
  frames = 0;
  /** Undefined until the stream header has passed. */
  header: string | undefined;
  readonly #onFrame: (frames: number) => void;
  #frameBytes = 0;
  #left = 0;
  #line = '';

  constructor(onFrame: (frames: number) => void) {
    this.#onFrame = onFrame;
  }

  /** Whether the stream ended inside of a frame. */
  get cutShort(): boolean {
    return this.#left > 0 || this.#line !== '';
  }

  /** The next bytes of the stream. Throws `script_failed` when it is no y4m. */
  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, chunk.length - at);
        this.#left -= taken;
        at += taken;
        if (this.#left === 0) this.#onFrame(++this.frames);
        continue;
      }
      const end = chunk.indexOf(NEWLINE, at);
      this.#line += chunk.toString('latin1', at, end < 0 ? chunk.length : end);
      if (this.#line.length > MAX_HEADER)
        throw new GridError('script_failed', 'the frame source gave no y4m stream');
      if (end < 0) return;
      at = end + 1;
      this.#endLine();
    }
  }

  #endLine(): void {
    if (this.header === undefined) {
      this.header = this.#line;
      this.#frameBytes = y4mFrameBytes(this.#line);
    } else if (this.#line.startsWith('FRAME')) {
      this.#left = this.#frameBytes;
    } else {
      throw new GridError('script_failed', 'the frame source broke its y4m stream');
    }
    this.#line = '';
  }
}
