import type { Clock } from '../../shared/clock.ts';
import { GridError } from '../../shared/errors.ts';
import { watchIdle } from '../idle-watch.ts';
import type { RunningTool } from '../subprocess.ts';
import { FramePace, PACE_LIMITS, type PaceLimits } from './frame-pace.ts';

export interface HangLimits {
  readonly pace: PaceLimits;
  /** None of the programs computed anything for so long. */
  readonly idleMs: number;
}

const HANG_LIMITS: HangLimits = { pace: PACE_LIMITS, idleMs: 60_000 };

interface WatchInput {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** L14: when it counts as hanging. Default: see there. */
  readonly limits?: HangLimits;
}

/** A pipeline that is ended when it hangs (L14). */
export interface PipelineWatch {
  /** Aborts with the given signal and, with the reason, when no frame comes for too long or none of the programs does anything. */
  readonly signal: AbortSignal;
  /** Told of each frame, and of the end of the source. */
  readonly pace: FramePace;
  /** Begins to look, until what is returned is aborted. */
  start(tools: readonly RunningTool[]): AbortController;
}

export function watchPipeline({ signal, clock, limits = HANG_LIMITS }: WatchInput): PipelineWatch {
  const hanging = new AbortController();
  const pace = new FramePace(clock.monotonicMs(), limits.pace);
  const hangs = (message: string): void => hanging.abort(new GridError('no_progress', message));
  return {
    signal: AbortSignal.any([signal, hanging.signal]),
    pace,
    start(tools) {
      const done = new AbortController();
      const look = async (): Promise<void> => {
        while (!done.signal.aborted) {
          const leftMs = pace.leftMs(clock.monotonicMs());
          if (leftMs <= 0) return hangs(pace.describe());
          await clock.sleep(leftMs, done.signal);
        }
      };
      void look();
      const { idleMs } = limits;
      const pids = tools.flatMap((tool) => tool.child.pid ?? []);
      const idle = `neither the script nor the encoder did anything for ${idleMs / 1000} s: they hang`;
      const onIdle = (): void => hangs(`${idle} (after frame ${pace.frames})`);
      void watchIdle({ pids, clock, idleMs, signal: done.signal, onIdle });
      return done;
    },
  };
}
