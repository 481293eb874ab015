import type { VideoFormat } from '../../shared/gen/clipgrid/v1/task.ts';

type Numbers = ReadonlyMap<string, number>;

function numbers(text: string): Numbers {
  return new Map(
    text.split(' ').map((entry) => {
      const [word = '', number] = entry.split('=');
      return [word, Number(number)];
    }),
  );
}

/** Numbers of ITU-T H.273 by ffprobe's words; what is not among them is left as it is. */
const PRIMARIES = numbers(
  'bt709=1 bt470m=4 bt470bg=5 smpte170m=6 smpte240m=7 film=8 bt2020=9 smpte428=10 smpte431=11 smpte432=12',
);
const TRANSFER = numbers(
  'bt709=1 bt470m=4 bt470bg=5 smpte170m=6 smpte240m=7 linear=8 iec61966-2-4=11 iec61966-2-1=13 bt2020-10=14 bt2020-12=15 smpte2084=16 arib-std-b67=18',
);
const MATRIX = numbers('bt709=1 fcc=4 bt470bg=5 smpte170m=6 smpte240m=7 bt2020nc=9 bt2020c=10');

/**
 * ffmpeg's arguments that write the colour of the source into an H.264 stream that says nothing of it: y4m carries none, and
 * a transport stream has no other place for it. Empty: there is nothing to write.
 */
export function avcColourArguments(source: VideoFormat, encoded: VideoFormat): string[] {
  const number = (table: Numbers, from: string, present: string): number | undefined =>
    present === '' ? table.get(from) : undefined;
  const options = [
    ['colour_primaries', number(PRIMARIES, source.colorPrimaries, encoded.colorPrimaries)],
    ['transfer_characteristics', number(TRANSFER, source.colorTransfer, encoded.colorTransfer)],
    ['matrix_coefficients', number(MATRIX, source.colorSpace, encoded.colorSpace)],
    ['video_full_range_flag', source.colorRange === 'pc' && encoded.colorRange === '' ? 1 : undefined],
  ] as const;
  const said = options.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  return said.length === 0 ? [] : ['-bsf:v', `h264_metadata=${said.join(':')}`];
}
