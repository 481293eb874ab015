import type { CommandSpec, ResultContainer } from '../../../domain/job.ts';
import { optionsOf, type Option } from '../presets/argument-rules.ts';
import type { PresetCommand } from '../presets/preset-data.ts';
import { SPLITTABLE } from './option-table.ts';

/** A preset's command as the clips of a film have it. */
export interface SplitCommand {
  readonly container: ResultContainer;
  /** Options of the picture's encoder, without its filters. */
  readonly picture: readonly string[];
  /** Chain of filters of the picture; empty: none. */
  readonly filters: string;
  /** Options of the sound's encoder; undefined: it is copied. */
  readonly sound: readonly string[] | undefined;
}

/** What ffmpeg makes of a name. */
const CONTAINERS: ReadonlyMap<string, ResultContainer> = new Map([
  ['mp4', 'mp4'],
  ['mkv', 'matroska'],
  ['webm', 'webm'],
]);
/** Encoders of sound that go with each; what else a container takes, or refuses, one run of ffmpeg will say. */
const SOUNDS: Readonly<Record<ResultContainer, RegExp>> = {
  mp4: /^(?:aac|libmp3lame|ac3|eac3|copy)$/,
  matroska: /./,
  webm: /^(?:libopus|libvorbis|copy)$/,
};

const nameOf = ({ word }: Option): string => word.replace(/^--?/, '');
const isFilter = (option: Option): boolean => option.name === 'vf' || option.name === 'filter';

function containerOf(output: string, format: string | undefined): ResultContainer | undefined {
  if (format !== undefined) return format as ResultContainer;
  return CONTAINERS.get(/\.([a-z0-9]+)$/i.exec(output)?.[1]?.toLowerCase() ?? '');
}

/** Ways to write one option: one that is there twice has a meaning that we need not know. */
const SAME: ReadonlyMap<string, string> = new Map([
  ['codec:v', 'c:v'],
  ['vcodec', 'c:v'],
  ['codec:a', 'c:a'],
  ['acodec', 'c:a'],
  ['filter:v', 'vf'],
  ['filter:a', 'af'],
]);

/**
 * The parts of a command whose result is the same made of clips as by one run of ffmpeg (contract 3.1), or undefined: it must
 * run on the whole film. Everything in it must be known for that.
 */
export function splitCommand({ argv, isTwoPass }: PresetCommand, output: string): SplitCommand | undefined {
  if (isTwoPass) return undefined;
  const options = optionsOf(argv);
  const known = options.map((option) => SPLITTABLE.get(nameOf(option)));
  if (options.some(({ value }, i) => value === undefined || known[i]?.fits(value) !== true)) return undefined;
  const values = new Map(
    options.map((option) => [SAME.get(nameOf(option)) ?? nameOf(option), option.value ?? '']),
  );
  const container = containerOf(output, values.get('f'));
  if (values.size !== options.length || container === undefined) return undefined;
  const [codec, soundCodec] = [values.get('c:v'), values.get('c:a')];
  // The container's own choice: it is one run's to make.
  if (codec === undefined || (container === 'webm' && codec !== 'libvpx-vp9')) return undefined;
  if (soundCodec !== undefined && !SOUNDS[container].test(soundCodec)) return undefined;
  const of = (part: string): Option[] => options.filter((_, i) => known[i]?.part === part);
  const words = (some: readonly Option[]): string[] => some.flatMap(({ word, value = '' }) => [word, value]);
  const sound = of('sound');
  // Copied sound has no other options.
  if (soundCodec === 'copy' && sound.length > 1) return undefined;
  return {
    container,
    picture: words(of('picture').filter((option) => !isFilter(option))),
    filters: values.get('vf') ?? '',
    sound: soundCodec === 'copy' ? undefined : words(sound),
  };
}

const COMMON = ['ffmpeg', '-hide_banner', '-loglevel', 'error'];
const SEGMENT = 'segment.mkv';
/** The name under which a sound command finds the source's. */
const SOUND_INPUT = 'CLIPGRID_AUDIO.mkv';
const ENDINGS: Readonly<Record<ResultContainer, string>> = { mp4: 'mp4', matroska: 'mkv', webm: 'webm' };

function commandOf(argv: readonly string[], outputName: string): CommandSpec {
  const words = [...argv, '-y', outputName];
  return { text: words.join(' '), programs: [words], outputName };
}

/** The command of one clip. `colours`: filters that say what the frames' stream cannot; they come first. */
export function pictureCommand({ picture, filters }: SplitCommand, colours: readonly string[]): CommandSpec {
  const chain = [...colours, ...(filters === '' ? [] : [filters])].join(',');
  const filter = chain === '' ? [] : ['-vf', chain];
  return commandOf([...COMMON, '-i', '-', ...filter, ...picture], SEGMENT);
}

/** The command of all sound. In the result's container, because that chooses the encoder where the command does not. */
export function soundCommand({ sound, container }: SplitCommand): CommandSpec | undefined {
  if (sound === undefined) return undefined;
  return commandOf([...COMMON, '-i', SOUND_INPUT, ...sound], `sound.${ENDINGS[container]}`);
}
