import { createReadStream } from 'node:fs';
import { GridError } from '../../shared/errors.ts';

/** ISO/IEC 13818-1: packets of 188 bytes, a program map that names the streams, frames in PES packets. */
const PACKET = 188;
const SYNC = 0x47;
const NO_PID = -1;
const H264 = 0x1b;
const AAC_ADTS = 0x0f;
/** Enough for what comes before the picture of a first frame: its parameter sets. */
const HEAD_BYTES = 4_096;

/** Frames of AAC that lie in one PES packet, whose first one is shown at `pts`. */
export interface SoundPacket {
  readonly pts: number;
  readonly frames: number;
}

/** What is in one file of a transport stream with H.264 and, where there is sound, AAC. Times are in ticks of 1/90000 s. */
export interface TransportFile {
  readonly sizeBytes: number;
  /** One a frame of the picture, as they are stored. */
  readonly framePts: readonly number[];
  /** The first frame is marked as one at which a player may begin. */
  readonly startsWithKey: boolean;
  /** The first bytes of the first frame's stream. */
  readonly head: Buffer;
  readonly sound: readonly SoundPacket[];
}

/** Reads a file whole, a piece at a time. `verify_failed` when it is no transport stream that begins with its program map. */
export async function readTransport(path: string): Promise<TransportFile> {
  const reader = new TransportReader();
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: PACKET * 1024 })) {
    const bytes = Buffer.concat([rest, chunk as Buffer]);
    const whole = bytes.length - (bytes.length % PACKET);
    for (let at = 0; at < whole; at += PACKET) reader.packet(bytes.subarray(at, at + PACKET));
    rest = bytes.subarray(whole);
  }
  if (rest.length > 0) throw damaged(`it ends inside of a packet, after ${reader.sizeBytes} bytes`);
  return reader.end();
}

function damaged(why: string): GridError {
  return new GridError('verify_failed', `a file is no whole transport stream: ${why}`);
}

class TransportReader {
  sizeBytes = 0;
  readonly #framePts: number[] = [];
  readonly #sound: SoundPacket[] = [];
  #head: Buffer = Buffer.alloc(0);
  #startsWithKey = false;
  #mapPid = NO_PID;
  #videoPid = NO_PID;
  #soundPid = NO_PID;
  /** The sound's PES packet that is being read. */
  #open: { readonly pts: number; readonly bytes: Buffer[] } | undefined;

  packet(packet: Buffer): void {
    if (packet[0] !== SYNC) throw damaged(`no packet begins at byte ${this.sizeBytes}`);
    this.sizeBytes += PACKET;
    const pid = packet.readUInt16BE(1) & 0x1fff;
    const starts = (packet.readUInt8(1) & 0x40) !== 0;
    const control = (packet.readUInt8(3) >> 4) & 3;
    const adapted = (control & 2) === 0 ? 0 : 1 + packet.readUInt8(4);
    if ((control & 1) === 0) return;
    const payload = packet.subarray(4 + adapted);
    const mayBegin = adapted > 1 && (packet.readUInt8(5) & 0x40) !== 0;
    if (pid === 0 && starts) this.#mapPid = sectionOf(payload).readUInt16BE(10) & 0x1fff;
    else if (pid === this.#mapPid && starts) this.#readMap(sectionOf(payload));
    else if (pid === this.#videoPid) this.#readPicture(payload, starts, mayBegin);
    else if (pid === this.#soundPid) this.#readSound(payload, starts);
  }

  end(): TransportFile {
    this.#endSound();
    return {
      sizeBytes: this.sizeBytes,
      framePts: this.#framePts,
      startsWithKey: this.#startsWithKey,
      head: this.#head,
      sound: this.#sound,
    };
  }

  #readMap(section: Buffer): void {
    const end = 3 + (section.readUInt16BE(1) & 0x0fff) - 4;
    for (let at = 12 + (section.readUInt16BE(10) & 0x0fff); at + 5 <= end;) {
      const pid = section.readUInt16BE(at + 1) & 0x1fff;
      if (section[at] === H264) this.#videoPid = pid;
      if (section[at] === AAC_ADTS) this.#soundPid = pid;
      at += 5 + (section.readUInt16BE(at + 3) & 0x0fff);
    }
  }

  #readPicture(payload: Buffer, starts: boolean, mayBegin: boolean): void {
    if (starts) {
      if (this.#framePts.length === 0) this.#startsWithKey = mayBegin;
      this.#framePts.push(ptsOf(payload));
    }
    if (this.#framePts.length !== 1 || this.#head.length >= HEAD_BYTES) return;
    this.#head = Buffer.concat([this.#head, starts ? dataOf(payload) : payload]);
  }

  #readSound(payload: Buffer, starts: boolean): void {
    if (starts) {
      this.#endSound();
      this.#open = { pts: ptsOf(payload), bytes: [dataOf(payload)] };
    } else if (this.#open === undefined) throw damaged('its sound begins inside of a frame');
    else this.#open.bytes.push(payload);
  }

  #endSound(): void {
    if (this.#open === undefined) return;
    const { pts, bytes } = this.#open;
    this.#sound.push({ pts, frames: adtsFrames(Buffer.concat(bytes)) });
    this.#open = undefined;
  }
}

/** A table's section, behind the byte that says how far it is away. */
function sectionOf(payload: Buffer): Buffer {
  return payload.subarray(1 + payload.readUInt8(0));
}

/** The presentation time of a PES packet: 33 bits, in five bytes with markers in between. */
function ptsOf(pes: Buffer): number {
  if (pes.readUIntBE(0, 3) !== 1 || (pes.readUInt8(7) & 0x80) === 0)
    throw damaged('a frame has no presentation time');
  const high = (pes.readUInt8(9) >> 1) & 7;
  return high * 2 ** 30 + (pes.readUInt16BE(10) >> 1) * 2 ** 15 + (pes.readUInt16BE(12) >> 1);
}

function dataOf(pes: Buffer): Buffer {
  return pes.subarray(9 + pes.readUInt8(8));
}

/** Whole frames of an ADTS stream (ISO/IEC 13818-7, 6.2). */
function adtsFrames(bytes: Buffer): number {
  let frames = 0;
  for (let at = 0; at < bytes.length; frames++) {
    if (at + 7 > bytes.length || (bytes.readUInt16BE(at) & 0xfff6) !== 0xfff0)
      throw damaged('its sound is no ADTS');
    at += (bytes.readUInt32BE(at + 2) >> 5) & 0x1fff;
    if (at > bytes.length) throw damaged('a frame of its sound is cut off');
  }
  return frames;
}
