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

/** Says `words` and fails at frame `frame` of a clip whose frame there is white. */
export function failingScript(variable: string, frame: number, words: string): string {
  return script(variable, [
    'core.num_threads = 1',
    'def look(n, f):',
    `    if n == ${frame} and f[1].props.PlaneStatsAverage > 0.8:`,
    `        raise RuntimeError('${words}')`,
    '    return f[0]',
    'core.std.ModifyFrame(clip, [clip, core.std.PlaneStats(clip)], look).set_output()',
  ]);
}
