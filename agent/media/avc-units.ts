/** NAL unit types of ITU-T H.264, table 7-1. */
const SEQUENCE_PARAMETERS = 7;
const PICTURE_PARAMETERS = 8;
const LAST_SLICE = 5;

const START = '\0\0\u0001';

/** Type of a unit, by its first byte. */
function typeOf(unit: Buffer): number {
  return unit.readUInt8(0) & 0x1f;
}

/** The units of an H.264 byte stream in order, each up to the end of the buffer; those that begin in its last bytes are left out. */
function* unitsOf(stream: Buffer): Generator<Buffer> {
  for (let at = stream.indexOf(START, 0, 'latin1'); at >= 0; at = stream.indexOf(START, at + 3, 'latin1')) {
    const unit = stream.subarray(at + 3);
    if (unit.length >= 4) yield unit;
  }
}

/** The first sequence parameter set in an H.264 byte stream, with what follows. */
export function sequenceParameters(stream: Buffer): Buffer | undefined {
  for (const unit of unitsOf(stream)) if (typeOf(unit) === SEQUENCE_PARAMETERS) return unit;
  return undefined;
}

/**
 * Whether a stream that begins so can be read from there: its parameters come before the picture. Where neither is among the
 * given bytes only a decoder can tell.
 */
export function hasParametersFirst(head: Buffer): boolean {
  const missing = new Set([SEQUENCE_PARAMETERS, PICTURE_PARAMETERS]);
  for (const unit of unitsOf(head)) {
    const type = typeOf(unit);
    missing.delete(type);
    if (type > 0 && type <= LAST_SLICE) return missing.size === 0;
  }
  return true;
}
