import type { PreviewSpec } from './job.ts';
import { unsignedInput } from './object-input.ts';
import { filterScript, type Plan } from './planner.ts';
import type { NewTask } from './task.ts';

/** Somebody looks at the screen and waits: above all that a user may ask for. */
export const PREVIEW_PRIORITY = 1_000;

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
