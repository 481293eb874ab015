import type { Clock } from '../shared/clock.ts';
import { toGridError } from '../shared/errors.ts';
import { isHardwareEncoder } from '../shared/hardware-encoder.ts';
import { TOOL_ENVIRONMENT } from './media/probe.ts';
import { runTool } from './subprocess.ts';

export interface ProofInput {
  readonly ffmpeg: string;
  readonly workDir: string;
  readonly clock: Clock;
}

/** An encoder that ffmpeg lists but that does not encode here. */
export interface BrokenEncoder {
  readonly name: string;
  /** ffmpeg's own last words on it. */
  readonly reason: string;
}

export interface EncoderProofs {
  readonly proved: readonly string[];
  readonly broken: readonly BrokenEncoder[];
}

const PROOF_LIMIT_MS = 20_000;
/** Cards allow few sessions at once, and each proof starts a driver. */
const PROOFS_AT_ONCE = 2;

/** Names in the output of `ffmpeg -encoders`: lines of six flags, of which the first is V for video, A for audio. */
export function listedEncoders(listing: string): string[] {
  return [...listing.matchAll(/^ [VA]\S{5} (\S+)/gm)]
    .map((match) => match[1] ?? '')
    .filter((name) => name !== '=');
}

/** Lists lie: a driver may be missing, or every session of a card taken. One frame of black tells. */
function proofCommand(ffmpeg: string, encoder: string): string[] {
  const vaapi = encoder.endsWith('_vaapi');
  const device = vaapi ? ['-vaapi_device', '/dev/dri/renderD128'] : [];
  const upload = vaapi ? ['-vf', 'format=nv12,hwupload'] : ['-pix_fmt', 'yuv420p'];
  const source = ['-f', 'lavfi', '-i', 'color=black:s=256x256:r=25'];
  const sink = ['-frames:v', '1', '-c:v', encoder, '-f', 'null', '-'];
  return [ffmpeg, '-nostdin', '-v', 'error', ...device, ...source, ...upload, ...sink];
}

async function run(argv: readonly string[], { workDir, clock }: ProofInput): Promise<string> {
  const signal = AbortSignal.timeout(PROOF_LIMIT_MS);
  const command = { argv, cwd: workDir, environment: TOOL_ENVIRONMENT };
  return (await runTool(command, { signal, clock, stdout: 'collect' })).stdout;
}

/** Why it does not encode, in a line; undefined: it does. */
async function whyNot(encoder: string, input: ProofInput): Promise<string | undefined> {
  try {
    await run(proofCommand(input.ffmpeg, encoder), input);
    return undefined;
  } catch (thrown) {
    const { message, details } = toGridError(thrown);
    const log = typeof details['log'] === 'string' ? details['log'] : '';
    // The first line names the cause, those after it are what follows from it. `[h264_nvenc @ 0x55db5f36a400]` is noise.
    const [first = ''] = log.split('\n');
    return first.replace(/^\[[^\]]* @ 0x\w+\] /, '').replace(/[.\s]+$/, '') || message;
  }
}

/** Video and audio encoders of this ffmpeg: software ones as listed, each hardware one only if it encodes a frame here. */
export async function proveEncoders(input: ProofInput): Promise<EncoderProofs> {
  const listing = await run([input.ffmpeg, '-hide_banner', '-v', 'error', '-encoders'], input).catch(
    () => '',
  );
  const names = listedEncoders(listing);
  const open = names.filter(isHardwareEncoder);
  const broken = new Map<string, string>();
  const prover = async (): Promise<void> => {
    for (let name = open.shift(); name !== undefined; name = open.shift()) {
      const reason = await whyNot(name, input);
      if (reason !== undefined) broken.set(name, reason);
    }
  };
  await Promise.all(Array.from({ length: PROOFS_AT_ONCE }, prover));
  return {
    proved: names.filter((name) => !broken.has(name)),
    broken: [...broken].map(([name, reason]) => ({ name, reason })),
  };
}
