import { describe, expect, it } from 'vitest';
import { y4mConversion } from '../../../../agent/media/y4m-pixels.ts';

describe('pixel formats that y4m carries pass as they are', () => {
  it.each(['yuv420p', 'yuvj420p', 'yuv422p10le', 'yuv444p12le', 'yuv411p', 'gray', 'gray10le', ''])(
    '%s',
    (format) => {
      expect(y4mConversion(format)).toEqual([]);
    },
  );
});

describe('others become the nearest that it does', () => {
  it.each([
    ['nv12', 'format=yuv420p'],
    ['p010le', 'format=yuv420p10le'],
    ['yuva420p', 'format=yuv420p'],
    ['yuva444p10le', 'format=yuv444p10le'],
    ['yuv420p10be', 'format=yuv420p10le'],
    ['yuv440p', 'format=yuv444p'],
    ['yuv410p', 'format=yuv411p'],
    ['yuyv422', 'format=yuv422p'],
    ['gray14le', 'format=gray16le'],
    ['ya8', 'format=gray'],
    ['monob', 'format=gray'],
  ])('%s by %s', (format, filter) => {
    expect(y4mConversion(format)).toEqual([filter]);
  });

  it.each([
    ['rgb24', 'yuv444p'],
    ['bgra', 'yuv444p'],
    ['pal8', 'yuv444p'],
    ['gbrp', 'yuv444p'],
    ['gbrp10le', 'yuv444p10le'],
    ['gbrap12le', 'yuv444p12le'],
    ['rgb48le', 'yuv444p16le'],
    ['x2rgb10le', 'yuv444p'],
  ])('%s by BT.709 to %s', (format, target) => {
    expect(y4mConversion(format)).toEqual(['scale=out_color_matrix=bt709:out_range=tv', `format=${target}`]);
  });
});
