import type { JobState, PreviewSpec, SourceRef } from './job.ts';
import { unsignedInput } from './object-input.ts';
import { filterScript, type Plan } from './planner.ts';
import type { PreviewRequest } from './requests.ts';
import type { NewTask } from './task.ts';

/** Somebody looks at the screen and waits: above all that a user may ask for. */
export const PREVIEW_PRIORITY = 1_000;

/** Of one owner: whoever wants more should look at those first. */
export const MAX_OPEN_PREVIEWS = 16;

/** What whoever looks at a preview is told of its job's state. */
export const PREVIEW_STATES = {
  queued: 'queued',
  indexing: 'running',
  encoding: 'running',
  merging: 'running',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'failed',
} as const satisfies Record<JobState, string>;

/** Why a preview that was cancelled shows nothing. */
export const PREVIEW_CANCELLED = {
  code: 'cancelled',
  stage: 'preview',
  message: 'it was cancelled',
  log: '',
} as const;

export function previewOf({ script, at_seconds: atS }: PreviewRequest, source: SourceRef): PreviewSpec {
  return {
    shape: 'preview',
    source,
    script: { text: script, sourceVariable: 'CLIPGRID_SOURCE', sourceName: 'CLIPGRID_SOURCE.mkv' },
    atS,
  };
}

/** The only task of a preview. */
export function previewTask({ source, script, atS }: PreviewSpec): NewTask {
  return {
    kind: 'preview',
    requires: ['program:ffmpeg', ...(script.text === '' ? [] : ['tool:vapoursynth'])],
    framesTotal: 0,
    cost: 1,
    spec: {
      kind: {
        $case: 'preview',
        value: { source: unsignedInput(source), script: filterScript(script), atSeconds: atS },
      },
    },
  };
}

/** Nothing comes behind it. */
export const PREVIEW_PLAN: Plan = { summary: { frameCount: 1, durationS: 0 }, tasks: [] };
