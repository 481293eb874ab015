import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GridError, toGridError, type ErrorCode } from '../../shared/errors.ts';
import { fileArtifact } from '../../shared/file-names.ts';
import type { FilterScript, PreviewResult, PreviewTask } from '../../shared/gen/clipgrid/v1/task.ts';
import { PREVIEW_FILES } from '../../shared/preview-files.ts';
import { clipAround, type ClipAround } from '../media/clip-around.ts';
import { localSourceName, SCRIPT_NAME, scriptTool } from '../media/frame-source.ts';
import { runPipeline } from '../media/pipeline.ts';
import { scriptFrames } from '../media/script-info.ts';
import { stillCommand, stillFilter } from '../media/still.ts';
import { withWorkQuota } from '../sandbox/work-quota.ts';
import { runTool } from '../subprocess.ts';
import { mediaTools, type Runner, type RunnerContext } from './runner.ts';
import { withTimeout } from './timeout.ts';

/** Somebody waits for it. */
const LIMIT_S = 120;
/** Another agent would take as long, and say the same of the script. */
const AT_FAULT: ReadonlySet<ErrorCode> = new Set(['script_failed', 'script_no_frames', 'timeout']);

interface Size {
  readonly width: number;
  readonly height: number;
}

async function fetchAround(
  { source, script, atSeconds: atS }: PreviewTask,
  context: RunnerContext,
): Promise<ClipAround> {
  if (source === undefined) throw new GridError('invalid_argument', 'the preview task names no source');
  if (source.sizeBytes === 0) throw new GridError('source_unreadable', 'the source has 0 bytes');
  const opened = await context.source.open(source, context.signal);
  try {
    const outputPath = join(context.workDir, localSourceName(script));
    return await clipAround(mediaTools(context), { url: opened.url, atS, outputPath });
  } catch (error) {
    throw opened.failure() ?? error;
  } finally {
    await opened.close();
  }
}

function sizeOf(header: string): Size {
  const of = (letter: string): number => Number(new RegExp(` ${letter}(\\d+)`).exec(header)?.[1] ?? 0);
  return { width: of('W'), height: of('H') };
}

/** The script's frame of the same time: one that makes more frames, or fewer, shows the one at the same share of its way. */
async function filtered(context: RunnerContext, script: FilterScript, clip: ClipAround): Promise<Size> {
  const tools = mediaTools(context);
  const vspipe = await scriptTool(context, script, clip.path);
  const frames = await scriptFrames(context, await vspipe(['--info', SCRIPT_NAME, '-']));
  const share = frames === clip.frames ? clip.frame : Math.round((clip.frame * frames) / clip.frames);
  const frame = String(Math.min(frames - 1, share));
  const name = PREVIEW_FILES.after;
  // The script has run: a link that it left here would be written through with the agent's rights.
  await rm(join(context.workDir, name), { force: true, recursive: true });
  let header = '';
  await runPipeline({
    source: await vspipe(['-c', 'y4m', '-s', frame, '-e', frame, SCRIPT_NAME, '-']),
    programs: [stillCommand(tools, { input: '-', frame: 0, filter: stillFilter(clip.video), name })],
    signal: context.signal,
    clock: context.clock,
    onFrame: (_, seen) => (header = seen),
    onStderrLine: (line) => context.toolOutput(line),
  });
  return sizeOf(header);
}

async function preview(task: PreviewTask, context: RunnerContext): Promise<PreviewResult> {
  const tools = mediaTools(context);
  const progress = { framesDone: 0, framesTotal: 1, fps: 0 };
  context.progress({ ...progress, phase: 'fetch' });
  const clip = await fetchAround(task, context);
  const { video, frame, atS } = clip;
  context.progress({ ...progress, phase: 'filter' });
  const { before, after } = PREVIEW_FILES;
  const still = stillCommand(tools, { input: clip.path, frame, filter: stillFilter(video), name: before });
  await runTool(still, { ...tools, failure: 'source_unreadable' });
  const source = { width: video.width ?? 0, height: video.height ?? 0 };
  const { script } = task;
  let output = source;
  if (script && script.text !== '') output = await filtered(context, script, clip);
  // The built-in pass-through changes nothing.
  else await copyFile(join(context.workDir, before), join(context.workDir, after));
  const sourceSize = { sourceWidth: source.width, sourceHeight: source.height };
  return {
    atSeconds: Math.max(0, atS),
    ...sourceSize,
    outputWidth: output.width,
    outputHeight: output.height,
  };
}

/** One frame of the source and the script's of the same time, as PNG. */
export const runPreviewTask: Runner<PreviewTask> = async (task, context) => {
  const value = await withTimeout(context, LIMIT_S, (timed) =>
    withWorkQuota(timed, (limited) => preview(task, limited)),
  ).catch((thrown: unknown) => {
    const error = toGridError(thrown);
    if (!AT_FAULT.has(error.code)) throw error;
    throw new GridError(error.code, error.message, {
      details: { ...error.details, inputAtFault: true },
      cause: error,
    });
  });
  const files = Object.values(PREVIEW_FILES);
  return {
    artifacts: files.map((name) => ({ name: fileArtifact(name), path: join(context.workDir, name) })),
    result: { kind: { $case: 'preview', value } },
  };
};
