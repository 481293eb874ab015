import { GridError } from '../../shared/errors.ts';
import type { ProbeTask } from '../../shared/gen/clipgrid/v1/task.ts';
import { probeSource } from '../media/source-probe.ts';
import { mediaTools, type Runner } from './runner.ts';
import { withTimeout } from './timeout.ts';

/** Ranges of a far store come slowly; more than this is no look. */
const LIMIT_S = 10 * 60;

/** Looks at a source through ranges: what it is and how long, without reading all of it. */
export const runProbeTask: Runner<ProbeTask> = async ({ source }, context) => {
  if (source === undefined) throw new GridError('invalid_argument', 'the probe task names no source');
  if (source.sizeBytes === 0) throw new GridError('source_unreadable', 'the source has 0 bytes');
  context.progress({ framesDone: 0, framesTotal: 0, fps: 0, phase: 'probe' });
  const value = await withTimeout(context, LIMIT_S, async (timed) => {
    const opened = await timed.source.open(source, timed.signal);
    try {
      return await probeSource(mediaTools(timed), opened.url);
    } catch (error) {
      throw opened.failure() ?? error;
    } finally {
      await opened.close();
    }
  });
  return { artifacts: [], result: { kind: { $case: 'probe', value } } };
};
