import { open, type FileHandle } from 'node:fs/promises';
import type { Container } from './container-codecs.ts';
import { dataOf, elementAt, readAt } from './file-elements.ts';
import { children, ID, readElement, uintOf, withChild, writeElement, type Element } from './matroska.ts';

/**
 * Says in a finished file how its picture is to be turned, in counter-clockwise degrees: encoders never hear of it, and
 * ffmpeg has no way to say it that is the same in all versions. Returns false where the file has no room for it.
 */
export async function setRotation(path: string, container: Container, degrees: number): Promise<boolean> {
  const file = await open(path, 'r+');
  try {
    return container === 'mp4' ? await rotateMp4(file, degrees) : await rotateMatroska(file, degrees);
  } finally {
    await file.close();
  }
}

/** ISO/IEC 14496-12, 8.3.2: the matrix of the first track's header, which ffmpeg makes the video's. */
async function rotateMp4(file: FileHandle, degrees: number): Promise<boolean> {
  const { size } = await file.stat();
  let limit = size;
  let position = 0;
  for (const type of ['moov', 'trak', 'tkhd']) {
    const box = await findBox(file, { type, position, limit });
    if (box === undefined) return false;
    [position, limit] = [box.bodyStart, box.end];
  }
  const long = (await readAt(file, position, 1))[0] === 1;
  const [cos, sin] = [Math.cos, Math.sin].map((of) => Math.round(of((degrees * Math.PI) / 180) * 0x10000));
  const matrix = Buffer.alloc(36);
  const rows = [cos ?? 0, -(sin ?? 0), 0, sin ?? 0, cos ?? 0, 0, 0, 0, 0x40000000];
  rows.forEach((value, i) => matrix.writeInt32BE(value, i * 4));
  await file.write(matrix, 0, 36, position + (long ? 52 : 40));
  return true;
}

async function findBox(
  file: FileHandle,
  { type, position, limit }: { type: string; position: number; limit: number },
): Promise<{ bodyStart: number; end: number } | undefined> {
  for (let at = position; at + 8 <= limit;) {
    const head = await readAt(file, at, 16);
    const short = head.readUInt32BE(0);
    const length = short === 1 ? Number(head.readBigUInt64BE(8)) : short === 0 ? limit - at : short;
    if (head.toString('latin1', 4, 8) === type)
      return { bodyStart: at + (short === 1 ? 16 : 8), end: at + length };
    if (length < 8) return undefined;
    at += length;
  }
  return undefined;
}

/** RFC 9559, 5.1.4.1.28.41: a flat picture, rolled. */
function rolled(tracks: Buffer, degrees: number): Buffer {
  const roll = Buffer.alloc(4);
  roll.writeFloatBE(degrees);
  const projection = Buffer.concat([
    writeElement(ID.projectionType, Buffer.of(0)),
    writeElement(ID.projectionPoseRoll, roll),
  ]);
  return withChild(tracks, ID.trackEntry, (track) =>
    withChild(track, ID.video, (video) => withChild(video, ID.projection, () => projection)),
  );
}

/** The top of ffmpeg's Matroska: seek head, padding, info, tracks. */
async function topElements(file: FileHandle): Promise<{ base: number; elements: Element[] }> {
  const { size } = await file.stat();
  const elements: Element[] = [];
  let base = 0;
  for (let position = 0; position < size && elements.at(-1)?.id !== ID.tracks;) {
    const element = await elementAt(file, position, size);
    if (element === undefined || element.id === ID.cluster) break;
    position = element.id === ID.segment ? element.dataStart : element.end;
    if (element.id === ID.segment) base = element.dataStart;
    else if (base > 0) elements.push(element);
  }
  return { base, elements };
}

/** The description of the tracks grows into the padding before it, so nothing that follows moves. */
async function rotateMatroska(file: FileHandle, degrees: number): Promise<boolean> {
  const { base, elements } = await topElements(file);
  const [seekHead, padding, info, tracks] = elements;
  const usual = [ID.seekHead, ID.void, ID.info, ID.tracks];
  if (!seekHead || !padding || !info || !tracks || elements.some((one, i) => one.id !== usual[i]))
    return false;
  const newTracks = writeElement(ID.tracks, rolled(await dataOf(file, tracks), degrees));
  const grown = newTracks.length - (tracks.end - tracks.start);
  const left = padding.end - padding.start - grown;
  if (left < 2 || left > 120) return false;
  const newPadding = writeElement(ID.void, Buffer.alloc(left - 2));
  const oldInfo = await readAt(file, info.start, info.end - info.start);
  const head = await readAt(file, seekHead.start, seekHead.end - seekHead.start);
  for (const element of [info, tracks]) movePosition(head, element.start - base, grown);
  await file.write(Buffer.concat([head, newPadding, oldInfo, newTracks]), 0, undefined, seekHead.start);
  return true;
}

/** Changes a seek head's entry for the element at `from`, which moves up; its checksum becomes padding. */
function movePosition(seekHead: Buffer, from: number, back: number): void {
  const top = readElement(seekHead, 0, seekHead.length);
  if (top === undefined) return;
  for (const entry of children(seekHead, top.dataStart, top.end)) {
    if (entry.id === ID.crc32) seekHead[entry.start] = ID.void;
    if (entry.id !== ID.seek) continue;
    for (const child of children(seekHead, entry.dataStart, entry.end)) {
      if (child.id !== ID.seekPosition) continue;
      const width = child.end - child.dataStart;
      const value = uintOf(seekHead.subarray(child.dataStart, child.end));
      if (value !== from || width > 6) continue;
      seekHead.writeUIntBE(from - back, child.dataStart, width);
    }
  }
}
