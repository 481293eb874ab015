import { GridError } from '../../shared/errors.ts';
import { sequenceParameters } from './avc-units.ts';
import type { ProbedStream } from './probe.ts';

/** `avc1.PPCCLL` (RFC 6381, 3.3) of the parameter set in an H.264 byte stream. */
export function avcCodec(stream: Buffer): string {
  const parameters = sequenceParameters(stream);
  if (parameters !== undefined) return `avc1.${parameters.toString('hex', 1, 4)}`;
  throw new GridError('verify_failed', 'the first frame has no sequence parameter set before it');
}

/** MPEG-4 audio object types (ISO/IEC 14496-3, table 1.17) by ffprobe's names of profiles. */
const AAC_TYPES: Readonly<Record<string, number>> = {
  Main: 1,
  LC: 2,
  SSR: 3,
  LTP: 4,
  'HE-AAC': 5,
  'HE-AACv2': 29,
};

/** `mp4a.40.N` of an AAC stream as ffprobe tells it; what it does not know is plain AAC-LC. */
export function aacCodec({ profile = '' }: Pick<ProbedStream, 'profile'>): string {
  return `mp4a.40.${AAC_TYPES[profile] ?? 2}`;
}
