import { MEDIA_SOURCE } from '../../../../shared/media-command.ts';
import type { CommandSpec } from '../../../domain/job.ts';
import type { PresetCommand } from '../presets/preset-data.ts';

const COMMON = ['ffmpeg', '-hide_banner', '-loglevel', 'error', '-i', MEDIA_SOURCE];

/** x265 is told of its pass by its own options, all others by ffmpeg's. */
function passArguments(argv: readonly string[], pass: 1 | 2): string[] {
  const codec = argv[argv.indexOf('-c:v') + 1];
  if (codec !== 'libx265') return [...argv, '-pass', String(pass)];
  const at = argv.indexOf('-x265-params');
  if (at < 0) return [...argv, '-x265-params', `pass=${pass}`];
  return argv.map((word, i) => (i === at + 1 ? `${word}:pass=${pass}` : word));
}

/** A preset as the grid runs it: one ffmpeg, or two over the same source. Progress is asked for by the agent. */
export function commandOf({ argv, isTwoPass }: PresetCommand, output: string): CommandSpec {
  const last = isTwoPass ? passArguments(argv, 2) : argv;
  const programs = [[...COMMON, ...last, '-y', output]];
  if (isTwoPass) programs.unshift([...COMMON, ...passArguments(argv, 1), '-an', '-f', 'null', '-']);
  return { text: programs.map((words) => words.join(' ')).join(' && '), programs, outputName: output };
}
