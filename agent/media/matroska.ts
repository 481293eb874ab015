/** EBML element ids that the merge needs. Source: RFC 9559, section 5 (Matroska) and RFC 8794 (EBML). */
export const ID = {
  crc32: 0xbf,
  void: 0xec,
  seekHead: 0x114d9b74,
  seek: 0x4dbb,
  seekPosition: 0x53ac,
  ebml: 0x1a45dfa3,
  segment: 0x18538067,
  info: 0x1549a966,
  tracks: 0x1654ae6b,
  cluster: 0x1f43b675,
  clusterTimestamp: 0xe7,
  simpleBlock: 0xa3,
  blockGroup: 0xa0,
  block: 0xa1,
  timestampScale: 0x2ad7b1,
  trackEntry: 0xae,
  video: 0xe0,
  colour: 0x55b0,
  maxCll: 0x55bc,
  maxFall: 0x55bd,
  masteringMetadata: 0x55d0,
  /** Red, green and blue x and y, white point x and y, maximum and minimum luminance: ids in a row. */
  masteringFirst: 0x55d1,
  projection: 0x7670,
  projectionType: 0x7671,
  projectionPoseRoll: 0x7675,
} as const;

export interface Element {
  readonly id: number;
  /** Offsets into the buffer: of the id, of the data, and just past the data. */
  readonly start: number;
  readonly dataStart: number;
  readonly end: number;
  /** The file does not tell its size (live streams): `end` is then the limit that was asked for. */
  readonly unknownSize: boolean;
}

/** Length of a variable-size integer from its first byte: the position of the first set bit. */
function vintLength(first: number): number {
  return Math.clz32(first) - 23;
}

/** Reads one element's head; `limit` bounds elements of unknown size. Undefined when it is cut off. */
export function readElement(buffer: Buffer, start: number, limit: number): Element | undefined {
  if (start >= limit) return undefined;
  const idLength = vintLength(buffer[start] ?? 0);
  const sizeAt = start + idLength;
  if (idLength > 4 || sizeAt >= limit) return undefined;
  const id = buffer.readUIntBE(start, idLength);
  const sizeLength = vintLength(buffer[sizeAt] ?? 0);
  if (sizeLength > 8 || sizeAt + sizeLength > limit) return undefined;
  let size = (buffer[sizeAt] ?? 0) & (0xff >> sizeLength);
  let unknown = size === 0xff >> sizeLength;
  for (let i = 1; i < sizeLength; i++) {
    const byte = buffer[sizeAt + i] ?? 0;
    unknown &&= byte === 0xff;
    size = size * 256 + byte;
  }
  const dataStart = sizeAt + sizeLength;
  const end = unknown ? limit : Math.min(limit, dataStart + size);
  return { id, start, dataStart, end, unknownSize: unknown };
}

/** All children of a range. */
export function* children(buffer: Buffer, start: number, end: number): Generator<Element> {
  for (let at = start; at < end;) {
    const element = readElement(buffer, at, end);
    if (element === undefined) return;
    yield element;
    at = element.end;
  }
}

/** An element's bytes: id, size in as many bytes as it needs, data. */
export function writeElement(id: number, data: Buffer): Buffer {
  const idBytes = id > 0xffffff ? 4 : id > 0xffff ? 3 : id > 0xff ? 2 : 1;
  let sizeBytes = 1;
  // All ones would mean that the size is not known.
  while (data.length >= 2 ** (7 * sizeBytes) - 1) sizeBytes++;
  const head = Buffer.alloc(idBytes + sizeBytes);
  head.writeUIntBE(id, 0, idBytes);
  head.writeUIntBE(data.length + 2 ** (7 * sizeBytes), idBytes, sizeBytes);
  return Buffer.concat([head, data]);
}

/** Head of an element whose size is not known: it ends with the file. */
export function openElement(id: number): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt32BE(id, 0);
  head.fill(0xff, 4);
  head[4] = 0x01;
  return head;
}

/** An unsigned integer as element data, 8 bytes. */
export function uintData(value: number): Buffer {
  const data = Buffer.alloc(8);
  data.writeBigUInt64BE(BigInt(value));
  return data;
}

/** The unsigned number that element data holds. */
export function uintOf(data: Buffer): number {
  return data.reduce((value, byte) => value * 256 + byte, 0);
}

/** A 64 bit float as element data. */
export function floatData(value: number): Buffer {
  const data = Buffer.alloc(8);
  data.writeDoubleBE(value);
  return data;
}

/**
 * A master element's data with the first child of an id replaced by what `edit` makes of that child's data, or with a new
 * child where there is none. Its checksum, which would be wrong now, is dropped.
 */
export function withChild(master: Buffer, id: number, edit: (data: Buffer) => Buffer): Buffer {
  const parts: Buffer[] = [];
  let found = false;
  for (const child of children(master, 0, master.length)) {
    if (child.id === ID.crc32) continue;
    const wanted: boolean = child.id === id && !found;
    found ||= wanted;
    const data = master.subarray(child.dataStart, child.end);
    parts.push(wanted ? writeElement(id, edit(data)) : master.subarray(child.start, child.end));
  }
  if (!found) parts.push(writeElement(id, edit(Buffer.alloc(0))));
  return Buffer.concat(parts);
}

/** Bytes of the track number at the start of a block. The time stamp (int16) follows it. */
export function trackNumberLength(buffer: Buffer, blockDataStart: number): number {
  return vintLength(buffer[blockDataStart] ?? 0x80);
}
