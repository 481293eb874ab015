import { GridError } from '../../shared/errors.ts';
import type { RunnerContext } from '../runners/runner.ts';
import { runTool, type ToolCommand } from '../subprocess.ts';

/** Far more than the description of an output node. */
const MAX_INFO_BYTES = 64 * 1024;
/** No other agent would read the script differently. */
const BAD_SCRIPT = /^(SyntaxError|IndentationError|TabError): /m;
const NO_OUTPUT = /Failed to retrieve output node/i;

function atFault(code: 'script_failed' | 'script_no_frames', message: string, log: string): GridError {
  return new GridError(code, message, { details: { log, inputAtFault: true } });
}

/** Why frames of this kind cannot go through y4m, and what to do; undefined when they can. */
function unencodable(info: string): string | undefined {
  const says = (field: string, value: string): boolean =>
    new RegExp(`^${field}:\\s*${value}`, 'm').test(info);
  if (says('(Width|Height|Format Name)', 'Variable'))
    return 'the frames of the script have no constant size and format';
  const convert = 'end it with a conversion such as core.resize.Bicubic(clip, format=vs.YUV420P10';
  if (says('Color Family', 'RGB')) return `the script gives RGB frames: ${convert}, matrix_s="709")`;
  if (says('Sample Type', 'Float')) return `the script gives frames of float samples: ${convert})`;
  return undefined;
}

/**
 * Frames of the script's output node, as `vspipe --info` tells. Throws `script_failed` with the script's own words, and
 * `script_no_frames` when there is no node of video.
 */
export async function scriptFrames(context: RunnerContext, command: ToolCommand): Promise<number> {
  const info = await scriptInfo(context, command);
  const problem = unencodable(info);
  if (problem !== undefined) throw atFault('script_failed', problem, info);
  const frames = Number(/^Frames:\s*(\d+)/m.exec(info)?.[1] ?? Number.NaN);
  if (Number.isInteger(frames) && frames > 0) return frames;
  const message = 'the script has no output node with video frames: does it call set_output() on a clip?';
  throw atFault('script_no_frames', message, info);
}

async function scriptInfo(context: RunnerContext, command: ToolCommand): Promise<string> {
  const tooMuch = new AbortController();
  const signal = AbortSignal.any([context.signal, tooMuch.signal]);
  const chunks: Buffer[] = [];
  let bytes = 0;
  const stdout = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes <= MAX_INFO_BYTES) return void chunks.push(chunk);
    const message = 'the script prints without end to its standard output, which is for frames only';
    tooMuch.abort(atFault('script_failed', message, ''));
  };
  const onStderrLine = (line: string, passing: boolean): void => context.toolOutput(line, passing);
  try {
    const { clock, onTool } = context;
    await runTool(command, { signal, clock, onStderrLine, onTool, stdout, failure: 'script_failed' });
    return Buffer.concat(chunks).toString('utf8');
  } catch (thrown) {
    if (!(thrown instanceof GridError) || thrown.code !== 'script_failed') throw thrown;
    const log = typeof thrown.details['log'] === 'string' ? thrown.details['log'] : '';
    if (BAD_SCRIPT.test(log)) throw atFault('script_failed', thrown.message, log);
    if (NO_OUTPUT.test(log)) {
      throw atFault('script_no_frames', 'the script has no output node: does it call set_output()?', log);
    }
    throw thrown;
  }
}
