import { OutputLines } from '../output-lines.ts';

/** What ffmpeg says of itself with `-progress`, twice a second. */
export interface FfmpegProgress {
  /** Undefined: it makes no picture. */
  readonly frames: number | undefined;
  readonly fps: number;
  /** Seconds of output a second; 0: not known. */
  readonly speed: number;
  /** Where in the output it stands, in seconds; 0: not known. */
  readonly atS: number;
}

function measured(text: string | undefined): number {
  const value = Number.parseFloat(text ?? '');
  return Number.isFinite(value) && value > 0 ? value : 0;
}

/** Reads `name=value` lines; each `progress=` line ends a report. */
export class ProgressReader {
  readonly #lines: OutputLines;
  #fields = new Map<string, string>();

  constructor(onProgress: (progress: FfmpegProgress) => void) {
    this.#lines = new OutputLines((line) => {
      const equals = line.indexOf('=');
      if (equals < 0) return;
      const name = line.slice(0, equals);
      if (name !== 'progress') return void this.#fields.set(name, line.slice(equals + 1).trim());
      onProgress(this.#report());
      this.#fields = new Map();
    });
  }

  push(chunk: Uint8Array): void {
    this.#lines.push(chunk);
  }

  #report(): FfmpegProgress {
    const frames = this.#fields.get('frame');
    return {
      frames: frames === undefined ? undefined : measured(frames),
      fps: measured(this.#fields.get('fps')),
      speed: measured(this.#fields.get('speed')),
      // ffmpeg calls microseconds by both names.
      atS: measured(this.#fields.get('out_time_us') ?? this.#fields.get('out_time_ms')) / 1e6,
    };
  }
}
