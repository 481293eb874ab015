import { mkdir, rm } from 'node:fs/promises';
import { GridError } from '../../shared/errors.ts';
import type { Rational } from '../../shared/gen/clipgrid/v1/task.ts';
import { partingPoints } from '../media/closed-gops.ts';
import { GrowingMatroska } from '../media/growing-matroska.ts';
import { cutPart, holds, type KnownBytes } from '../media/part-cut.ts';
import { mainVideo, type MediaTools, type ProbedFile } from '../media/probe.ts';
import { countDecodedFrames, extradataOf, probeSegment, verifySegment } from '../media/segment-verify.ts';
import { mediaTools, type RunnerContext } from './runner.ts';

const LOOK_MS = 500;
interface Pace {
  /** Encoding until the first part: less is sooner encoded again than kept. */
  readonly firstMs: number;
  /** Encoding that is worth one more: each costs three processes, an upload and a commit. */
  readonly leastMs: number;
  /** A death costs no more than about this share of what was encoded: a long clip is not cut to shreds. */
  readonly share: number;
}

const ALONE: Pace = { firstMs: 10_000, leastMs: 2_000, share: 0.05 };
/** Of attempts that share their work each keeps its own parts: those of four renditions took a tenth of a machine every 20 s, and three hundredths every minute. */
const SHARED: Pace = { firstMs: 120_000, leastMs: 120_000, share: 0.5 };

export interface SalvageInput {
  /** The file that the encoder writes. */
  readonly path: string;
  /** Frames of the clip before the first that this attempt encodes. */
  readonly resumedFrames: number;
  /** Frames a second of what the encoder is given; 0/1 while not known. */
  rate(): Rational;
}

/** Has finished parts of a clip kept while the encoder goes on with it. What goes wrong here never fails the attempt. */
export class Salvage {
  readonly #context: RunnerContext;
  readonly #input: SalvageInput;
  readonly #tools: MediaTools;
  readonly #growing: GrowingMatroska;
  readonly #over = new AbortController();
  readonly #startedMs: number;
  readonly #done: Promise<void>;
  /** Frames of this attempt's own output that are kept. */
  #kept = 0;
  /** What the parts were cut from, and the codec's headers in each. */
  readonly #read: KnownBytes[] = [];
  readonly #headers = new Set<string>();

  constructor(context: RunnerContext, input: SalvageInput) {
    this.#context = context;
    this.#input = input;
    // Beside the work directory, not in it: the user's programs run meanwhile and must not reach it.
    const signal = AbortSignal.any([context.signal, this.#over.signal]);
    this.#tools = { ...mediaTools(context), workDir: `${context.workDir}.parts`, signal };
    this.#growing = new GrowingMatroska(input.path);
    this.#startedMs = context.clock.monotonicMs();
    this.#done = this.#run();
  }

  /**
   * The encoder has ended, so the whole is at hand or lost. What is being cut is left; a part that is on its way is waited
   * for, so that its answers are not taken for those of the segment.
   */
  async finish(): Promise<void> {
    this.#over.abort();
    await this.#done;
  }

  /**
   * The frames of the finished file, as a decode counts them: those of kept parts were decoded already, if the file still holds
   * the very bytes. Undefined: that cannot be said of it, so all of it is to be decoded. Damage is `verify_failed`.
   */
  async countFrames(file: ProbedFile): Promise<number | undefined> {
    try {
      return await this.#countRest(file);
    } catch (thrown) {
      const isWord = thrown instanceof GridError && thrown.code === 'verify_failed';
      if (isWord || this.#context.signal.aborted) throw thrown;
      return undefined;
    }
  }

  async #countRest({ path, probed }: ProbedFile): Promise<number | undefined> {
    if (this.#kept === 0 || path !== this.#input.path) return undefined;
    this.#headers.add(extradataOf(mainVideo(probed)));
    if (this.#headers.size > 1 || !(await holds(this.#growing, this.#read))) return undefined;
    await this.#growing.look();
    const stored = this.#growing.frames.length;
    if (stored <= this.#kept) return undefined;
    const tools = { ...mediaTools(this.#context), workDir: this.#tools.workDir };
    return this.#inFolder(async () => {
      const { path: rest } = await cutPart(tools, this.#growing, [this.#kept, stored]);
      return this.#kept + (await countDecodedFrames(tools, rest));
    });
  }

  async #inFolder<T>(work: () => Promise<T>): Promise<T> {
    const { workDir } = this.#tools;
    try {
      await mkdir(workDir, { mode: 0o700 });
      return await work();
    } finally {
      await rm(workDir, { recursive: true, force: true }).catch(() => undefined);
    }
  }

  async #run(): Promise<void> {
    const { logger } = this.#context;
    try {
      await this.#inFolder(() => this.#follow());
    } catch (error) {
      if (!this.#over.signal.aborted)
        logger.info({ error: String(error), kept: this.#kept }, 'no more parts of this clip are kept');
    }
  }

  async #follow(): Promise<void> {
    const { clock, shared } = this.#context;
    const over = this.#tools.signal;
    const { firstMs, leastMs, share } = shared ? SHARED : ALONE;
    let dueMs = this.#startedMs + firstMs;
    while (!over.aborted) {
      await clock.sleep(LOOK_MS, over);
      if (over.aborted || clock.monotonicMs() < dueMs) continue;
      await this.#growing.look();
      const point = partingPoints(this.#growing.frames).at(-1) ?? 0;
      if (point <= this.#kept) continue;
      await this.#keep(point);
      const nowMs = clock.monotonicMs();
      dueMs = nowMs + Math.max(leastMs, (nowMs - this.#startedMs) * share);
    }
  }

  /** M3: a part is decoded whole and counted before anybody hears of it. */
  async #keep(point: number): Promise<void> {
    const { clock, savePart, logger } = this.#context;
    const { resumedFrames, rate } = this.#input;
    const count = point - this.#kept;
    const { path, read } = await cutPart(this.#tools, this.#growing, [this.#kept, point]);
    const verified = await verifySegment(this.#tools, await probeSegment(this.#tools, path));
    if (verified.frameCount !== count) {
      const message = `a part of ${count} stored frames decodes to ${verified.frameCount}`;
      throw new GridError('frames_missing', message);
    }
    const frames = { startFrame: resumedFrames + this.#kept, endFrame: resumedFrames + point };
    const encodeSeconds = (clock.monotonicMs() - this.#startedMs) / 1000;
    const counts = { inputFrames: count, fetchedBytes: 0, resumedFrames: frames.startFrame };
    const result = { ...verified, ...counts, encodeSeconds, outputRate: rate() };
    await savePart({ path, frames, result });
    this.#kept = point;
    this.#read.push(read);
    this.#headers.add(verified.extradataSha256);
    logger.info(frames, 'part kept');
  }
}
