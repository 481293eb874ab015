import type { BrokenEncoder } from './prove-encoders.ts';

export interface Found {
  readonly vapourSynth: boolean;
  readonly programs: ReadonlySet<string>;
  /** What the sandbox does not hold back, as its probe says it. */
  readonly sandbox: readonly string[];
  readonly broken: readonly BrokenEncoder[];
}

const HOW: Readonly<Record<string, string>> = {
  nvenc: 'the NVIDIA driver, and a card that can encode',
  vaapi: 'a graphics card with its VA-API driver, and leave to open /dev/dri/renderD128 (group render)',
  qsv: 'an Intel graphics card and its media driver (Debian: intel-media-va-driver)',
  amf: 'an AMD card with its AMF runtime',
  v4l2m2m: 'a video chip with a V4L2 driver',
};

function family(encoder: string): string {
  return encoder.slice(encoder.lastIndexOf('_') + 1);
}

/** One sentence a kind of hardware: ffmpeg lists some twenty such encoders on a machine that has none of it. */
function hardwareLacks(broken: readonly BrokenEncoder[]): string[] {
  const families = new Map<string, BrokenEncoder[]>();
  for (const one of broken) families.set(family(one.name), [...(families.get(family(one.name)) ?? []), one]);
  return [...families].map(([name, encoders]) => {
    const list = encoders.map((one) => one.name).join(', ');
    const needs = HOW[name] === undefined ? '' : ` It needs ${HOW[name]}.`;
    return `ffmpeg lists ${list}, but no frame could be encoded here: ${encoders[0]?.reason}.${needs}`;
  });
}

/** What this agent cannot do, each with how to get it. */
export function lacksInWords({ vapourSynth, programs, sandbox, broken }: Found): string[] {
  const lacks: string[] = [];
  if (!vapourSynth) {
    lacks.push(
      'VapourSynth is missing: only the pass-through script runs here. Install Python 3.12 or newer, then `npm run setup`.',
    );
  }
  for (const name of ['x264', 'x265']) {
    if (programs.has(name)) continue;
    lacks.push(`${name} is missing: commands that name it run elsewhere. Debian: apt-get install ${name}.`);
  }
  return [...lacks, ...sandbox, ...hardwareLacks(broken)];
}
