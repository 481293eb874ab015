import { OPTIONAL_FILTERS } from '../../shared/optional-filters.ts';
import { RUNS_FILTERS } from '../../shared/source-filters.ts';
import type { CommandSpec, FilmSpec, ScriptSpec } from './job.ts';

/** `-c`, `-c:v`, `-codec:a:0`, `-vcodec`, `-acodec`: the next word is an encoder. */
const CODEC_OPTION = /^-(?:c|codec)(?::[va](?::\d+)?)?$|^-[va]codec$/;

/** `-vf`, `-af`, `-filter:v`, `-filter_complex`, `-lavfi`: the next word is a graph of filters. */
const FILTER_OPTION = /^-(?:[va]f|filter(?::\S+)?|filter_complex|lavfi)$/;

/** Filters of a graph that not every ffmpeg has. */
function optionalFilters(graph: string): string[] {
  return OPTIONAL_FILTERS.filter((name) =>
    new RegExp(`(?:^|[,;\\]\\s])${name}(?:$|[=@,;\\[\\s])`).test(graph),
  );
}

/** Capabilities that an agent must have proved to run a command, e.g. `program:ffmpeg`, `encoder:hevc_nvenc`, `filter:uspp`. */
export function commandRequirements(command: CommandSpec): string[] {
  const requires = new Set<string>();
  for (const argv of command.programs) {
    const program = (argv[0] ?? '').split('/').at(-1) ?? '';
    requires.add(`program:${program}`);
    if (program !== 'ffmpeg') continue;
    argv.forEach((argument, position) => {
      const value = argv[position + 1];
      if (value === undefined) return;
      if (CODEC_OPTION.test(argument) && value !== 'copy') requires.add(`encoder:${value}`);
      if (FILTER_OPTION.test(argument))
        for (const name of optionalFilters(value)) requires.add(`filter:${name}`);
    });
  }
  return [...requires].toSorted();
}

interface ClipNeeds extends Pick<FilmSpec, 'filters'> {
  readonly script: ScriptSpec;
  readonly command: CommandSpec;
}

/** The same for a clip: its command, its filters, and VapourSynth unless the script is the pass-through. */
export function clipRequirements({ script, command, filters = [] }: ClipNeeds): string[] {
  const requires = commandRequirements(command);
  if (filters.length > 0) {
    requires.push(RUNS_FILTERS, ...optionalFilters(filters.join(',')).map((name) => `filter:${name}`));
  }
  return script.text === '' ? requires : [...requires, 'tool:vapoursynth'];
}
