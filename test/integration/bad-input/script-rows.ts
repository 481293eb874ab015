import type { JobRow } from './rows.ts';

/** A script around the film; the lines see `clip`. */
function script(...lines: readonly string[]): string {
  const head = ['import os, sys, time, vapoursynth as vs', 'core = vs.core', 'core.num_threads = 1'];
  return [...head, "clip = core.bs.VideoSource(os.environ['CLIPGRID_SOURCE'])", ...lines, ''].join('\n');
}

/** Does `line` at the fifth frame. */
function atFrame(line: string): string {
  const filter = ['def look(n, f):', `    if n == 4: ${line}`, '    return f'];
  return script(...filter, 'core.std.ModifyFrame(clip, clip, look).set_output()');
}

const FAILED = { code: 'script_failed', stage: 'encode' } as const;
const TIMEOUT = { code: 'timeout', stage: 'encode', attempts: 'several' } as const;
const SEVERAL = { ...FAILED, attempts: 'several' } as const;
const ONE = { ...FAILED, attempts: 'one' } as const;

export const SCRIPT_ROWS: readonly JobRow[] = [
  {
    name: 'throws',
    script: script("raise ValueError('my words')"),
    says: 'vspipe failed with exit code 1: ValueError: my words',
    log: 'File "script.vpy", line 5',
    ...SEVERAL,
  },
  {
    name: 'throws at a frame',
    script: atFrame("raise ValueError('my words')"),
    says: 'vspipe failed with exit code 1: ValueError: my words',
    log: 'Failed to retrieve frame 4',
    ...SEVERAL,
  },
  {
    name: 'has a syntax error',
    script: script('if clip'),
    says: "SyntaxError: expected ':'",
    log: 'line 5',
    ...ONE,
  },
  { name: 'is no script', script: 'ceci n’est pas une pipe', says: 'SyntaxError', ...ONE },
  {
    name: 'wants a plugin that is not there',
    script: script('core.nosuch.Filter(clip).set_output()'),
    says: 'No attribute with the name nosuch exists',
    ...SEVERAL,
  },
  {
    name: 'has no output',
    script: script('pass'),
    code: 'script_no_frames',
    stage: 'encode',
    says: 'does it call set_output() on a clip?',
    attempts: 'one',
  },
  {
    name: 'outputs sound',
    script: script('core.std.BlankAudio().set_output()'),
    code: 'script_no_frames',
    stage: 'encode',
    says: 'no output node with video frames',
    log: 'Type: Audio',
    attempts: 'one',
  },
  {
    name: 'outputs no frames',
    script: script('clip[0:0].set_output()'),
    says: 'Trim: invalid last frame',
    ...SEVERAL,
  },
  {
    name: 'outputs RGB',
    script: script('core.resize.Bicubic(clip, format=vs.RGB24).set_output()'),
    says: 'the script gives RGB frames: end it with a conversion',
    ...ONE,
  },
  {
    name: 'outputs frames of several sizes',
    script: script(
      'small = core.std.BlankClip(clip, width=32, height=32)',
      'core.std.Splice([clip, small], mismatch=True).set_output()',
    ),
    says: 'have no constant size and format',
    ...ONE,
  },
  {
    name: 'gives fewer frames than it promised',
    script: atFrame('os._exit(0)'),
    code: 'script_failed',
    stage: 'encode',
    says: 'the frame source stopped inside of frame',
    attempts: 'several',
  },
  {
    name: 'leaves before the end',
    script: script('sys.exit(0)'),
    says: 'Python exit with code 0',
    ...SEVERAL,
  },
  {
    name: 'prints into its frames',
    script: atFrame("os.write(1, b'noise')"),
    says: 'broke its y4m stream',
    ...SEVERAL,
  },
  {
    name: 'prints to its output without end',
    script: script("while True: os.write(1, b'x' * 65536)"),
    says: 'prints without end to its standard output',
    ...ONE,
  },
  {
    name: 'prints lines without end',
    script: script("while True: os.write(2, b'hello\\n' * 8192)"),
    timeoutS: 3,
    says: 'limit of 3 s',
    ...TIMEOUT,
  },
  {
    name: 'prints a line without end',
    script: script("while True: os.write(2, b'x' * 65536)"),
    timeoutS: 3,
    says: 'limit of 3 s',
    ...TIMEOUT,
  },
  {
    name: 'hangs',
    script: script('time.sleep(3600)'),
    timeoutS: 3,
    says: 'the attempt took longer than its limit of 3 s',
    ...TIMEOUT,
  },
  {
    name: 'hangs at a frame',
    script: atFrame('time.sleep(3600)'),
    timeoutS: 4,
    says: 'the attempt took longer than its limit of 4 s',
    ...TIMEOUT,
  },
  {
    name: 'reads a file of the machine',
    script: "import vapoursynth as vs\nvs.core.bs.VideoSource('/etc/passwd').set_output()\n",
    says: "Couldn't open '/etc/passwd'",
    ...SEVERAL,
  },
];
