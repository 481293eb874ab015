export interface ScriptPreset {
  readonly id: string;
  readonly label: string;
  readonly text: string;
}

const HEAD = `import os
import vapoursynth as vs
core = vs.core
clip = core.bs.VideoSource(source=os.environ['CLIPGRID_SOURCE'])
`;

/** Scripts that need nothing but what set-up installs. */
export const SCRIPTS: readonly ScriptPreset[] = [
  { id: 'none', label: 'None: the film as it is', text: '' },
  {
    id: 'denoise',
    label: 'Denoise, mildly, over time',
    text: `${HEAD}
# Each frame is mixed with its neighbours, but not over a cut.
clip = core.misc.SCDetect(clip) if hasattr(core, 'misc') else clip
clip = core.std.AverageFrames(clip, weights=[1, 2, 1], scenechange=True)
clip.set_output()
`,
  },
  {
    id: 'deband',
    label: 'Deband smooth areas',
    text: `${HEAD}
# Only differences below one step of 8 bits are smoothed: edges stay as they are.
source = clip.format
fine = core.resize.Point(clip, format=source.replace(bits_per_sample=16).id)
smooth = core.std.BoxBlur(fine, hradius=7, hpasses=2, vradius=7, vpasses=2)
fine = core.std.Expr([fine, smooth], 'x y - abs 257 < y x ?')
clip = core.resize.Point(fine, format=source.id, dither_type='error_diffusion')
clip.set_output()
`,
  },
  {
    id: 'resize',
    label: 'Resize to 720 lines',
    text: `${HEAD}
height = 720
width = round(clip.width * height / clip.height / 2) * 2
clip = core.resize.Spline36(clip, width=width, height=height)
clip.set_output()
`,
  },
];

export interface EncoderPreset {
  readonly id: string;
  readonly label: string;
  readonly command: string;
  /** What an agent must have proved. */
  readonly needs: string;
}

/** Commands that read y4m from standard input; the output is added. */
export const ENCODERS: readonly EncoderPreset[] = [
  {
    id: 'x264',
    label: 'H.264 (x264)',
    command: 'ffmpeg -i - -c:v libx264 -preset medium -crf 18',
    needs: 'encoder:libx264',
  },
  {
    id: 'x265',
    label: 'H.265 (x265)',
    command: 'ffmpeg -i - -c:v libx265 -preset medium -crf 20',
    needs: 'encoder:libx265',
  },
  {
    id: 'svtav1',
    label: 'AV1 (SVT-AV1)',
    command: 'ffmpeg -i - -c:v libsvtav1 -preset 6 -crf 28',
    needs: 'encoder:libsvtav1',
  },
  {
    id: 'nvenc',
    label: 'H.265 on NVIDIA (NVENC)',
    command: 'ffmpeg -i - -c:v hevc_nvenc -preset p6 -rc vbr -cq 22 -b:v 0',
    needs: 'encoder:hevc_nvenc',
  },
];

export const AUDIOS = [
  { id: 'keep', label: 'As it is', command: '' },
  {
    id: 'aac',
    label: 'AAC, 192 kbit/s',
    command: 'ffmpeg -i CLIPGRID_AUDIO.mkv -map 0:a -c:a aac -b:a 192k',
  },
  {
    id: 'opus',
    label: 'Opus, 128 kbit/s',
    command: 'ffmpeg -i CLIPGRID_AUDIO.mkv -map 0:a -c:a libopus -b:a 128k',
  },
] as const;
