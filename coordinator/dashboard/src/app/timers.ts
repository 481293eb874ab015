/** Something that was asked for later, and may be taken back. */
export interface Timer {
  cancel(): void;
}

/** The page's only clock and timers. */
export const timers = {
  /** Milliseconds since 1970. */
  now: (): number => Date.now(),
  after(ms: number, run: () => void): Timer {
    const id = setTimeout(run, ms);
    return { cancel: () => clearTimeout(id) };
  },
  every(ms: number, run: () => void): Timer {
    const id = setInterval(run, ms);
    return { cancel: () => clearInterval(id) };
  },
} as const;
