/** VapourSynth scripts of the tests; `variable` is the dialect's name for the source. */

function script(variable: string, lines: readonly string[]): string {
  const head = ['import os, sys, time', 'import vapoursynth as vs', 'core = vs.core'];
  return [...head, `clip = core.bs.VideoSource(source=os.environ['${variable}'])`, ...lines, ''].join('\n');
}

/** Gives the frames as they are. */
export function plainScript(variable: string): string {
  return script(variable, ['clip.set_output()']);
}

/** Takes its time over each frame without using a core: how long a clip takes does not hang on the machine. */
export function slowScript(variable: string, secondsPerFrame: number): string {
  return script(variable, [
    'core.num_threads = 1',
    'def wait(n, f):',
    `    time.sleep(${secondsPerFrame})`,
    '    return f',
    'core.std.ModifyFrame(clip, clip, wait).set_output()',
  ]);
}

/** Turns the picture upside down, frame by frame as slowly as `slowScript`. */
export function flippingScript(variable: string, secondsPerFrame: number): string {
  const slow = slowScript(variable, secondsPerFrame);
  return slow.replace('ModifyFrame(clip, clip, wait)', 'ModifyFrame(clip, clip, wait).std.FlipVertical()');
}

/** Says `words` on standard error and fails as soon as it meets a white frame. */
export function failingScript(variable: string, words: string): string {
  return script(variable, [
    'core.num_threads = 1',
    'def look(n, f):',
    '    if f[1].props.PlaneStatsAverage > 0.8:',
    `        print('${words}', file=sys.stderr, flush=True)`,
    `        raise RuntimeError('a white frame')`,
    '    return f[0]',
    'core.std.ModifyFrame(clip, [clip, core.std.PlaneStats(clip)], look).set_output()',
  ]);
}
