/** One segment of a presentation graphic stream (a .sup file): "PG", pts, dts, type, size, data. */
function segment(type: number, ptsS: number, data: Buffer): Buffer {
  const head = Buffer.alloc(13);
  head.write('PG', 'latin1');
  head.writeUInt32BE(ptsS * 90_000, 2);
  head[10] = type;
  head.writeUInt16BE(data.length, 11);
  return Buffer.concat([head, data]);
}

function composition(number: number, objects: readonly number[]): Buffer {
  const head = Buffer.from([0, 192, 0, 108, 0x10, 0, number, 0x80, 0, 0, objects.length > 0 ? 1 : 0]);
  return Buffer.concat([head, Buffer.from(objects)]);
}

const WIDTH = 16;
const HEIGHT = 8;

/** A bitmap subtitle that is shown from one time to another, as the text of a .sup file in Latin-1. */
export function bitmapSubtitle(fromS: number, toS: number): string {
  const line = Buffer.concat([Buffer.alloc(WIDTH, 1), Buffer.of(0, 0)]);
  const picture = Buffer.concat(Array.from({ length: HEIGHT }, () => line));
  const object = Buffer.concat([
    Buffer.from([0, 0, 0, 0xc0, 0, 0, picture.length + 4, 0, WIDTH, 0, HEIGHT]),
    picture,
  ]);
  const shown = [
    segment(0x16, fromS, composition(0, [0, 0, 0, 0, 0, 40, 0, 60])),
    segment(0x17, fromS, Buffer.from([1, 0, 0, 40, 0, 60, 0, WIDTH, 0, HEIGHT])),
    segment(0x14, fromS, Buffer.from([0, 0, 1, 235, 128, 128, 255])),
    segment(0x15, fromS, object),
    segment(0x80, fromS, Buffer.alloc(0)),
  ];
  const gone = [segment(0x16, toS, composition(1, [])), segment(0x80, toS, Buffer.alloc(0))];
  return Buffer.concat([...shown, ...gone]).toString('latin1');
}
