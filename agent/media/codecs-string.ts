import { GridError } from '../../shared/errors.ts';
import type { ProbedStream } from './probe.ts';

/** NAL unit type of a sequence parameter set: ITU-T H.264, table 7-1. */
const AVC_PARAMETERS = 7;

/** `avc1.PPCCLL` (RFC 6381, 3.3) of the parameter set in an H.264 byte stream. */
export function avcCodec(stream: Buffer): string {
  for (let at = stream.indexOf('\0\0\u0001', 0, 'latin1'); at >= 0;) {
    const unit = stream.subarray(at + 3);
    if (unit.length >= 4 && (unit.readUInt8(0) & 0x1f) === AVC_PARAMETERS)
      return `avc1.${unit.toString('hex', 1, 4)}`;
    at = stream.indexOf('\0\0\u0001', at + 3, 'latin1');
  }
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
