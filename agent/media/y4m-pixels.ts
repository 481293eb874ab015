/** Pixel formats that a y4m stream carries as they are, tried with ffmpeg's yuv4mpegpipe muxer. */
const CARRIED =
  /^(?:yuvj?(?:420|422|444)p|yuv(?:420|422|444)p(?:9|10|12|14|16)le|yuv411p|gray(?:9|10|12|16)le|gray)$/;

/** Sampling of formats whose name does not tell it. */
const SAMPLING: readonly (readonly [RegExp, string])[] = [
  [/^(?:nv12|nv21|p01\d)/, '420'],
  [/^(?:nv16|nv20|p21\d|yuyv422|uyvy422|yvyu422|y21\d)/, '422'],
  [/^(?:nv24|nv42|p41\d|xv\d\d|vuy[ax])/, '444'],
];

/** y4m has no 4:4:0 and no 4:1:0: the next that has all of their samples. */
const WIDER: Readonly<Record<string, string>> = { '440': '444', '410': '411' };

/** Bits a sample, in the words of a format's name; empty for 8. */
function depthSuffix(format: string): string {
  const bits = /(?:p0|p2|p4|p|gray|ya)(9|10|12|14|16)(?:le|be)$/.exec(format)?.[1];
  if (bits !== undefined) return `${bits}le`;
  return /(?:48|64)(?:le|be)$/.test(format) ? '16le' : '';
}

/**
 * Filters that bring a picture into a pixel format that y4m can carry, as near as there is: what is RGB becomes 4:4:4 by
 * BT.709, an alpha plane is left out. None for what y4m carries anyway.
 */
export function y4mConversion(pixelFormat: string): string[] {
  if (pixelFormat === '' || CARRIED.test(pixelFormat)) return [];
  const depth = depthSuffix(pixelFormat);
  if (/^(?:gray|ya\d|mono)/.test(pixelFormat)) return [`format=gray${depth === '14le' ? '16le' : depth}`];
  const told = /^yuv[aj]?(4\d\d)p/.exec(pixelFormat)?.[1];
  const sampling = told ?? SAMPLING.find(([pattern]) => pattern.test(pixelFormat))?.[1];
  if (sampling !== undefined) return [`format=yuv${WIDER[sampling] ?? sampling}p${depth}`];
  // RGB, palettes, XYZ: the matrix is chosen here, so it is the one that the merge writes down.
  return ['scale=out_color_matrix=bt709:out_range=tv', `format=yuv444p${depth}`];
}
