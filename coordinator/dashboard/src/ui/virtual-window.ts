interface View {
  /** How far it is scrolled, in pixels. */
  readonly top: number;
  /** Of the place, in pixels. */
  readonly height: number;
  readonly rowHeight: number;
  readonly rows: number;
}

/** Rows kept above and below, so that a quick scroll shows no gap. */
const SPARE = 8;

/** Which rows are to exist: `first` to `end`, exclusive. */
export function windowOf({ top, height, rowHeight, rows }: View): { first: number; end: number } {
  const first = Math.max(0, Math.floor(top / rowHeight) - SPARE);
  const end = Math.min(rows, Math.ceil((top + height) / rowHeight) + SPARE);
  return { first: Math.min(first, Math.max(0, end - 1)), end };
}

interface Place {
  /** The row that has the keyboard. */
  readonly at: number;
  /** Rows in sight. */
  readonly page: number;
  readonly rows: number;
}

/** The row that a key goes to; undefined: the key goes nowhere. */
export function rowByKey(key: string, { at, page, rows }: Place): number | undefined {
  const step = Math.max(1, page - 2);
  const to: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + step,
    PageUp: at - step,
    Home: 0,
    End: rows - 1,
  };
  const index = to[key];
  return index === undefined ? undefined : Math.max(0, Math.min(rows - 1, index));
}
