import { bar, bytesText, secondsText } from './bars.ts';
import type { Clock } from '../shared/clock.ts';
import { LiveLines, printable, type Output } from './terminal.ts';

/** Shows how far an upload or download is. */
export interface TransferView {
  show(done: number, total: number): void;
  note(line: string): void;
  /** Leaves the last state to be read. */
  end(): void;
}

const REDRAW_MS = 100;
const PLAIN_PAUSE_MS = 5_000;

/** `words`: `uploading film.mkv`. In place on a terminal; else a line every few seconds, and one at the end. */
export function createTransferView(out: Output, clock: Clock, words: string): TransferView {
  const live = new LiveLines(out);
  const startMs = clock.monotonicMs();
  let [drawnMs, firstDone] = [startMs, -1];
  let [last, complete] = ['', false];
  const lineOf = (done: number, total: number): string => {
    const seconds = (clock.monotonicMs() - startMs) / 1000;
    const rate = seconds > 0 ? (done - firstDone) / seconds : 0;
    const left = rate > 0 && done < total ? `, ${secondsText((total - done) / rate)} left` : '';
    const speed = rate > 0 ? `, ${bytesText(Math.round(rate))}/s` : '';
    return `${words}  ${bar(done, total)}  ${bytesText(done)} of ${bytesText(total)}${speed}${left}`;
  };
  return {
    show(done, total) {
      if (firstDone < 0) firstDone = done;
      last = lineOf(done, total);
      if (out.isTTY) {
        if (clock.monotonicMs() - drawnMs < REDRAW_MS && done < total && done > firstDone) return;
        drawnMs = clock.monotonicMs();
        return live.draw([last]);
      }
      const pause = clock.monotonicMs() - drawnMs;
      if (complete || (done < total && pause < PLAIN_PAUSE_MS)) return;
      drawnMs = clock.monotonicMs();
      complete = done >= total;
      out.write(`${printable(last)}\n`);
    },
    note(line) {
      if (out.isTTY) live.clear();
      out.write(`${printable(line)}\n`);
    },
    end() {
      if (out.isTTY && last !== '') live.draw([last]);
      live.keep();
    },
  };
}
