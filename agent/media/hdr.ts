import type { ContentLight, MasteringDisplay } from '../../shared/source-index.ts';
import { floatData, ID, uintData, withChild, writeElement } from './matroska.ts';
import { parseRational, TOOL_ENVIRONMENT, type MediaTools, type ProbedStream } from './probe.ts';
import { runTool } from '../subprocess.ts';

/** HDR10's static metadata. Dolby Vision and HDR10+ change from frame to frame and are not carried. */
export interface HdrMetadata {
  readonly masteringDisplay?: MasteringDisplay;
  readonly contentLight?: ContentLight;
}

type SideData = readonly Readonly<Record<string, unknown>>[];

function fraction(value: unknown): number {
  const { num, den } = parseRational(typeof value === 'string' ? value : undefined);
  return num / den;
}

function parseSideData(list: SideData): HdrMetadata {
  const named = (name: string) => list.find((data) => data['side_data_type'] === name);
  const mastering = named('Mastering display metadata');
  const light = named('Content light level metadata');
  const point = (name: string): [number, number] => [
    fraction(mastering?.[`${name}_x`]),
    fraction(mastering?.[`${name}_y`]),
  ];
  const masteringDisplay = {
    red: point('red'),
    green: point('green'),
    blue: point('blue'),
    whitePoint: point('white_point'),
    minLuminance: fraction(mastering?.['min_luminance']),
    maxLuminance: fraction(mastering?.['max_luminance']),
  };
  const contentLight = {
    maxContent: Number(light?.['max_content'] ?? 0),
    maxAverage: Number(light?.['max_average'] ?? 0),
  };
  return {
    ...(mastering && masteringDisplay.maxLuminance > 0 ? { masteringDisplay } : {}),
    ...(light && contentLight.maxContent > 0 ? { contentLight } : {}),
  };
}

const DEEP = /p(?:10|12|14|16)(?:le|be)$|^p01\d/;

/** What the container says of a stream, or else the first picture. */
export async function hdrMetadata(
  tools: MediaTools,
  path: string,
  stream: ProbedStream,
): Promise<HdrMetadata> {
  const said = parseSideData(stream.side_data_list ?? []);
  // Only deep pixels carry HDR10: for all others no picture is decoded.
  if (said.masteringDisplay || said.contentLight || !DEEP.test(stream.pix_fmt ?? '')) return said;
  const argv = [tools.ffprobe, '-v', 'error', '-of', 'json', '-select_streams', String(stream.index)];
  argv.push('-read_intervals', '%+#1', '-show_frames', '-show_entries', 'frame=pts', path);
  const command = { argv, cwd: tools.workDir, environment: TOOL_ENVIRONMENT };
  const { stdout } = await runTool(command, { ...tools, stdout: 'collect', failure: 'source_unreadable' });
  const { frames } = JSON.parse(stdout) as { frames?: { side_data_list?: SideData }[] };
  return parseSideData(frames?.[0]?.side_data_list ?? []);
}

function masteringData({
  red,
  green,
  blue,
  whitePoint,
  maxLuminance,
  minLuminance,
}: MasteringDisplay): Buffer {
  const values = [...red, ...green, ...blue, ...whitePoint, maxLuminance, minLuminance];
  return Buffer.concat(values.map((value, i) => writeElement(ID.masteringFirst + i, floatData(value))));
}

/** The description of a Matroska file's only track, with HDR metadata in its Colour element (RFC 9559, 5.1.4.1.28.16). */
export function tracksWithHdr(tracks: Buffer, { masteringDisplay, contentLight }: HdrMetadata): Buffer {
  if (!masteringDisplay && !contentLight) return tracks;
  const colour = (data: Buffer): Buffer => {
    let edited = data;
    if (masteringDisplay)
      edited = withChild(edited, ID.masteringMetadata, () => masteringData(masteringDisplay));
    if (contentLight) {
      edited = withChild(edited, ID.maxCll, () => uintData(contentLight.maxContent));
      edited = withChild(edited, ID.maxFall, () => uintData(contentLight.maxAverage));
    }
    return edited;
  };
  return withChild(tracks, ID.trackEntry, (track) =>
    withChild(track, ID.video, (video) => withChild(video, ID.colour, colour)),
  );
}
