/** A terminal that a person looks at and types on. */
export interface Tty {
  readonly columns: number;
  readonly rows: number;
  write(text: string): void;
  /** Keys as they are typed, not line by line, and not shown. */
  setRaw(raw: boolean): void;
  /** Each returns what takes the listener away. */
  onInput(heard: (text: string) => void): () => void;
  onResize(changed: () => void): () => void;
  /** Called when the process ends for whatever reason that it can still see. */
  onExit(last: () => void): () => void;
}

/** The terminal of this process; undefined: its input or output is none. */
export function processTty(input: NodeJS.ReadStream, output: NodeJS.WriteStream): Tty | undefined {
  if (!input.isTTY || !output.isTTY) return undefined;
  return {
    get columns() {
      return output.columns;
    },
    get rows() {
      return output.rows;
    },
    write: (text) => void output.write(text),
    setRaw: (raw) => void input.setRawMode(raw),
    onInput(heard) {
      const listener = (chunk: Buffer): void => heard(chunk.toString('utf8'));
      input.on('data', listener).resume();
      return () => void input.off('data', listener).pause();
    },
    onResize(changed) {
      output.on('resize', changed);
      return () => void output.off('resize', changed);
    },
    onExit(last) {
      process.on('exit', last);
      return () => void process.off('exit', last);
    },
  };
}
