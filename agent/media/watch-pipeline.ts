import type { Clock } from '../../shared/clock.ts';
import { GridError } from '../../shared/errors.ts';
import { watchIdle } from '../idle-watch.ts';
import type { RunningTool } from '../subprocess.ts';
import { PACE_LIMITS, type FramePace, type PaceLimits } from './frame-pace.ts';

export interface HangLimits {
  readonly pace: PaceLimits;
  /** None of the programs computed anything for so long. */
  readonly idleMs: number;
}

export const HANG_LIMITS: HangLimits = { pace: PACE_LIMITS, idleMs: 60_000 };

interface Watched {
  readonly clock: Clock;
  readonly pace: FramePace;
  readonly idleMs: number;
  readonly tools: readonly RunningTool[];
}

/** L14: aborts `over`, with the reason, when no frame comes for too long or none of the programs does anything. */
export function watchdog({ clock, pace, idleMs, tools }: Watched, over: AbortController): AbortController {
  const done = new AbortController();
  const pids = tools.flatMap((tool) => tool.child.pid ?? []);
  const hangs = (message: string): void => over.abort(new GridError('no_progress', message));
  const look = async (): Promise<void> => {
    while (!done.signal.aborted) {
      const leftMs = pace.leftMs(clock.monotonicMs());
      if (leftMs <= 0) return hangs(pace.describe());
      await clock.sleep(leftMs, done.signal);
    }
  };
  void look();
  const idle = `neither the script nor the encoder did anything for ${idleMs / 1000} s: they hang`;
  const onIdle = (): void => hangs(`${idle} (after frame ${pace.frames})`);
  void watchIdle({ pids, clock, idleMs, signal: done.signal, onIdle });
  return done;
}
