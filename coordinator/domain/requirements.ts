import type { CommandSpec, ScriptSpec } from './job.ts';

/** `-c`, `-c:v`, `-codec:a:0`, `-vcodec`, `-acodec`: the next word is an encoder. */
const CODEC_OPTION = /^-(?:c|codec)(?::[va](?::\d+)?)?$|^-[va]codec$/;

/** Capabilities that an agent must have proved to run a command, e.g. `program:ffmpeg`, `encoder:hevc_nvenc`. */
export function commandRequirements(command: CommandSpec): string[] {
  const requires = new Set<string>();
  for (const argv of command.programs) {
    const program = (argv[0] ?? '').split('/').at(-1) ?? '';
    requires.add(`program:${program}`);
    if (program !== 'ffmpeg') continue;
    argv.forEach((argument, position) => {
      const codec = argv[position + 1];
      if (CODEC_OPTION.test(argument) && codec !== undefined && codec !== 'copy')
        requires.add(`encoder:${codec}`);
    });
  }
  return [...requires].toSorted();
}

/** The same for a clip: its command, and VapourSynth unless the script is the pass-through. */
export function clipRequirements(script: ScriptSpec, command: CommandSpec): string[] {
  const requires = commandRequirements(command);
  return script.text === '' ? requires : [...requires, 'tool:vapoursynth'];
}
