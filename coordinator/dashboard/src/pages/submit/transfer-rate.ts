const WINDOW_MS = 6_000;

/** Bytes a second over the last seconds. */
export class TransferRate {
  #samples: { readonly atMs: number; readonly bytes: number }[] = [];

  /** `bytes` sent all in all. Undefined before there is anything to compare. */
  add(atMs: number, bytes: number): number | undefined {
    this.#samples = [...this.#samples.filter((one) => atMs - one.atMs <= WINDOW_MS), { atMs, bytes }];
    const first = this.#samples[0];
    if (first === undefined || atMs - first.atMs < 500) return undefined;
    return Math.max(0, (bytes - first.bytes) / ((atMs - first.atMs) / 1000));
  }

  reset(): void {
    this.#samples = [];
  }
}
