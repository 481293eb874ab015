import { signal, type ReadonlySignal } from '@preact/signals';
import type { UploadResponse } from '../../../../http/responses.ts';
import { ApiError, messageOf, type Api } from '../../api/client.ts';
import { timers } from '../../app/timers.ts';
import { PutError, putPart } from './put-part.ts';
import { TransferRate } from './transfer-rate.ts';
import type { UploadMemory } from './upload-memory.ts';

export interface UploadProgress {
  /** `stopped`: it broke off, and goes on when it is told to. */
  readonly phase: 'sending' | 'checking' | 'done' | 'stopped';
  readonly sentBytes: number;
  readonly totalBytes: number;
  /** Bytes that were there before this page sent any. */
  readonly resumedBytes: number;
  readonly bytesPerSecond?: number;
  readonly problem: string;
  readonly uploadId?: string;
}

interface PartList {
  readonly part_bytes: number;
  readonly parts: readonly { readonly part: number; readonly size_bytes: number }[];
}

const AT_ONCE = 3;
const URLS_AT_ONCE = 16;
const RETRY_MS = [500, 1_000, 2_000, 4_000, 8_000] as const;
const TICK_MS = 250;

/** One file on its way in parts: several at once, each tried again, and gone on with after a reload. */
export class FilmUpload {
  readonly file: File;
  readonly #api: Api;
  readonly #memory: UploadMemory;
  readonly #progress;
  readonly progress: ReadonlySignal<UploadProgress>;
  readonly #rate = new TransferRate();
  readonly #inFlight = new Map<number, number>();
  #arrivedBytes = 0;
  #stop = new AbortController();
  #uploadId: string | undefined;

  constructor(file: File, { api, memory }: { api: Api; memory: UploadMemory }) {
    this.file = file;
    this.#api = api;
    this.#memory = memory;
    this.#progress = signal<UploadProgress>({
      phase: 'sending',
      sentBytes: 0,
      totalBytes: file.size,
      resumedBytes: 0,
      problem: '',
    });
    this.progress = this.#progress;
  }

  /** Sends what is missing. Resolves when all is there, or it broke off: `progress` tells. */
  async run(): Promise<void> {
    this.#stop = new AbortController();
    this.#tell({ phase: 'sending', problem: '' });
    this.#rate.reset();
    const ticker = timers.every(TICK_MS, () => this.#tick());
    try {
      const uploadId = await this.#begin();
      if (uploadId !== undefined) await this.#send(uploadId);
      this.#memory.forget(this.file);
      this.#tell({
        phase: 'done',
        sentBytes: this.file.size,
        ...(this.#uploadId ? { uploadId: this.#uploadId } : {}),
      });
    } catch (thrown) {
      this.#stop.abort();
      this.#tell({ phase: 'stopped', problem: `${messageOf(thrown)}; what has arrived is kept` });
    } finally {
      ticker.cancel();
      this.#inFlight.clear();
    }
  }

  /** Breaks it off; what has arrived stays. */
  pause(): void {
    this.#stop.abort();
  }

  /** Breaks it off for good: the bytes that have arrived are removed. */
  async discard(): Promise<void> {
    this.pause();
    this.#memory.forget(this.file);
    if (this.#uploadId !== undefined) await this.#api.delete(`/uploads/${this.#uploadId}`);
  }

  /** The upload to send parts to; undefined when all of it is there. */
  async #begin(): Promise<string | undefined> {
    const known = this.#memory.get(this.file);
    const found = known === undefined ? undefined : await this.#find(known);
    if (found !== undefined) {
      this.#uploadId = found.upload_id;
      return found.state === 'complete' ? undefined : found.upload_id;
    }
    const body = { name: this.file.name, size_bytes: this.file.size };
    const { upload_id: uploadId } = await this.#api.postJson<UploadResponse>('/uploads', body);
    this.#uploadId = uploadId;
    this.#memory.set(this.file, uploadId);
    return uploadId;
  }

  async #find(uploadId: string): Promise<UploadResponse | undefined> {
    try {
      return await this.#api.getJson<UploadResponse>(`/uploads/${uploadId}`);
    } catch (thrown) {
      if (thrown instanceof ApiError && thrown.status === 404) return undefined;
      throw thrown;
    }
  }

  async #send(uploadId: string): Promise<void> {
    const { part_bytes: partBytes, parts } = await this.#api.getJson<PartList>(`/uploads/${uploadId}/parts`);
    const count = Math.ceil(this.file.size / partBytes);
    const sizeOf = (part: number): number => Math.min(partBytes, this.file.size - (part - 1) * partBytes);
    const there = new Set(parts.filter((one) => one.size_bytes === sizeOf(one.part)).map((one) => one.part));
    this.#arrivedBytes = [...there].reduce((sum, part) => sum + sizeOf(part), 0);
    this.#tell({ resumedBytes: this.#arrivedBytes, sentBytes: this.#arrivedBytes });
    const todo = Array.from({ length: count }, (_, i) => i + 1).filter((part) => !there.has(part));
    for (let from = 0; from < todo.length; from += URLS_AT_ONCE) {
      await this.#sendParts(uploadId, todo.slice(from, from + URLS_AT_ONCE), partBytes);
    }
    this.#tell({ phase: 'checking' });
    await this.#api.postJson(`/uploads/${uploadId}/complete`);
  }

  async #sendParts(uploadId: string, parts: readonly number[], partBytes: number): Promise<void> {
    const { urls } = await this.#api.postJson<{ urls: string[] }>(`/uploads/${uploadId}/parts`, { parts });
    const waiting = parts.map((part, i) => ({ part, url: urls[i] ?? '' }));
    const worker = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const start = (next.part - 1) * partBytes;
        const body = this.file.slice(start, Math.min(this.file.size, start + partBytes));
        await this.#sendPart(next, body);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  async #sendPart({ part, url }: { part: number; url: string }, body: Blob): Promise<void> {
    for (let failures = 0; ; failures++) {
      try {
        const { signal: stopped } = this.#stop;
        if (stopped.aborted) throw new Error('it was stopped');
        await putPart({ url, body, signal: stopped, onSent: (sent) => this.#inFlight.set(part, sent) });
        this.#inFlight.delete(part);
        this.#arrivedBytes += body.size;
        return;
      } catch (thrown) {
        this.#inFlight.delete(part);
        const waitMs = RETRY_MS[failures];
        const lost = thrown instanceof PutError && (thrown.status === 0 || thrown.status >= 500);
        if (!lost || waitMs === undefined || this.#stop.signal.aborted) throw thrown;
        await new Promise<void>((resolve) => timers.after(waitMs, resolve));
      }
    }
  }

  #tick(): void {
    const sentBytes = this.#arrivedBytes + [...this.#inFlight.values()].reduce((sum, sent) => sum + sent, 0);
    const bytesPerSecond = this.#rate.add(timers.now(), sentBytes);
    this.#tell({ sentBytes, ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }) });
  }

  #tell(change: Partial<UploadProgress>): void {
    this.#progress.value = { ...this.#progress.peek(), ...change };
  }
}
