import { gzipSync } from 'node:zlib';
import type { FilmSpec } from '../../coordinator/domain/job.ts';
import type { DynamicAgent } from './dynamic-agent.ts';
import { closedIndex, FORMAT, PASS_THROUGH } from './grid-fixture.ts';
import type { Dynamic } from './grpc-client.ts';
import type { RunningGrid } from './running-grid.ts';

/** A job over an uploaded source that no tool will ever read: its agents are played by hand. */
export async function submitJob(
  running: RunningGrid,
  options: { ownerId?: string; spec?: Partial<FilmSpec> } = {},
): Promise<string> {
  const source = await running.putSource('LICENSE');
  const job = await running.grid.jobs.submit({
    ownerId: options.ownerId ?? 'me',
    dialect: 'grid',
    name: 'film.mkv',
    priority: 0,
    spec: { ...PASS_THROUGH, ...options.spec, source },
  });
  return job.jobId;
}

const DEADLOCK = '40P01';

/**
 * Takes all jobs, agents and events out of a grid that runs. The truncation waits for tables one by one while the end of an
 * earlier test's session may hold the next one: PostgreSQL then ends one of the two, and it is this one that tries again.
 */
export async function emptyGrid({ pool }: RunningGrid): Promise<void> {
  for (;;) {
    try {
      await pool.query('truncate jobs, agents, events cascade');
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === DEADLOCK)) throw error;
    }
  }
}

const VIDEO_FORMAT: Dynamic = {
  codec: FORMAT.codec,
  width: FORMAT.width,
  height: FORMAT.height,
  pixel_format: FORMAT.pixelFormat,
  frame_rate: FORMAT.frameRate,
};

/** Completes an index task: a source of `seconds` at 25 fps with a keyframe each second. */
export function completeIndex(agent: DynamicAgent, fence: Dynamic, seconds: number): Promise<Dynamic> {
  const bytes = gzipSync(JSON.stringify(closedIndex(seconds)));
  const index = { frame_count: seconds * 25, duration_seconds: seconds, format: VIDEO_FORMAT };
  return agent.complete(fence, { index }, [{ name: 'index', bytes }]);
}

/** Completes an encode task as if every frame had been encoded. */
export function completeEncode(agent: DynamicAgent, grant: Dynamic): Promise<Dynamic> {
  const fence = grant['fence'] as Dynamic;
  const spec = (grant['spec'] as { encode: { range: { start_frame: number; end_frame: number } } }).encode;
  const frames = spec.range.end_frame - spec.range.start_frame;
  const encode = { frame_count: frames, input_frames: frames, format: VIDEO_FORMAT };
  const bytes = Buffer.from(`segment from ${spec.range.start_frame}`);
  return agent.complete(fence, { encode }, [{ name: 'segment', bytes }]);
}
