import { GridError } from '../../shared/errors.ts';
import { fewAtOnce } from '../../shared/few-at-once.ts';
import { runTool } from '../subprocess.ts';
import { TOOL_ENVIRONMENT, type MediaTools } from './probe.ts';

/** Presentation times of all video packets of a file, ascending, in milliseconds. */
async function packetTimesMs(tools: MediaTools, path: string): Promise<number[]> {
  const argv = [tools.ffprobe, '-v', 'error', '-of', 'csv=p=0', '-select_streams', 'v:0'];
  argv.push('-show_entries', 'packet=pts_time', path);
  const command = { argv, cwd: tools.workDir, environment: TOOL_ENVIRONMENT };
  const { stdout } = await runTool(command, { ...tools, stdout: 'collect', failure: 'verify_failed' });
  const times = stdout.split('\n').filter((line) => line !== '');
  return times.map((line) => Number(line.split(',')[0]) * 1000).toSorted((a, b) => a - b);
}

/** Matroska rounds to milliseconds, and so did the retiming. */
const TOLERANCE_MS = 1.01;
const PROBES = 12;
const PROBES_AT_ONCE = 4;

/** Decodes a second around some joints: their packets must fit to each other. */
async function decodeAround(tools: MediaTools, path: string, atS: number): Promise<void> {
  const argv = [
    tools.ffmpeg,
    '-nostdin',
    '-v',
    'error',
    '-xerror',
    '-threads',
    '1',
    '-ss',
    Math.max(0, atS - 0.5).toFixed(3),
    '-i',
    path,
  ];
  argv.push('-map', '0:v:0', '-t', '1', '-f', 'null', '-');
  await runTool(
    { argv, cwd: tools.workDir, environment: TOOL_ENVIRONMENT },
    { ...tools, failure: 'verify_failed' },
  );
}

export interface ExpectedResult {
  readonly timesMs: readonly number[];
  readonly segmentFrames: readonly number[];
}

/** M3: the merged file is taken only if every frame is there, at its time, and it decodes across the joints. */
export async function verifyResult(tools: MediaTools, path: string, expected: ExpectedResult): Promise<void> {
  const times = await packetTimesMs(tools, path);
  const { timesMs, segmentFrames } = expected;
  if (times.length !== timesMs.length) {
    throw new GridError(
      'verify_failed',
      `the merged file has ${times.length} frames, ${timesMs.length} are expected`,
    );
  }
  const wrong = times.findIndex((time, i) => Math.abs(time - (timesMs[i] ?? 0)) > TOLERANCE_MS);
  if (wrong >= 0) {
    const message = `frame ${wrong} of the merged file is at ${times[wrong]} ms, expected at ${timesMs[wrong]} ms`;
    throw new GridError('verify_failed', message);
  }
  const joints: number[] = [];
  segmentFrames.reduce((frame, count) => (joints.push(frame), frame + count), 0);
  const step = Math.max(1, Math.ceil(joints.length / PROBES));
  const probed = joints.filter((_, i) => i % step === 0);
  await fewAtOnce(probed, PROBES_AT_ONCE, (frame) => decodeAround(tools, path, (timesMs[frame] ?? 0) / 1000));
}
