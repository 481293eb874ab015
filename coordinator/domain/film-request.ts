import { checkPrograms, withOutput } from '../../shared/command-policy.ts';
import { splitCommand } from '../../shared/command-words.ts';
import { GridError } from '../../shared/errors.ts';
import type { CommandSpec, FilmSpec, SourceRef } from './job.ts';
import type { JobRequest } from './requests.ts';

const OUTPUT_NAME = 'CLIPGRID_OUTPUT.mkv';
const AUDIO_OUTPUT_NAME = 'CLIPGRID_AUDIO_OUTPUT.mkv';
const AUDIO_INPUT_NAME = 'CLIPGRID_AUDIO.mkv';

/** Names the field that the error is about. */
function inField<T>(field: string, value: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    if (!(thrown instanceof GridError)) throw thrown;
    throw new GridError(thrown.code, `${field} is not allowed: ${thrown.message}`, {
      details: { field, value },
    });
  }
}

function command(text: string): CommandSpec {
  return inField('encode', text, () => {
    const programs = withOutput(checkPrograms(splitCommand(text)), OUTPUT_NAME);
    if (programs) return { text, programs, outputName: OUTPUT_NAME };
    throw new GridError('invalid_argument', `it must write ${OUTPUT_NAME}`);
  });
}

/** An audio command reads one known file: that name stands for the standard input that the policy asks for. */
function audioCommand(text: string): CommandSpec {
  return inField('audio', text, () => {
    const split = splitCommand(text);
    const held = split.map((argv) =>
      argv.map((word, i) => (word === AUDIO_INPUT_NAME && argv[i - 1] === '-i' ? '-' : word)),
    );
    const checked = withOutput(checkPrograms(held, ['ffmpeg']), AUDIO_OUTPUT_NAME);
    const [argv, ...more] = checked ?? [];
    if (argv === undefined || more.length > 0)
      throw new GridError('invalid_argument', 'it must be one ffmpeg command');
    const words = argv.map((word, i) => (word === '-' && argv[i - 1] === '-i' ? AUDIO_INPUT_NAME : word));
    return { text, programs: [words], outputName: AUDIO_OUTPUT_NAME };
  });
}

/** What a request of the own API means to the grid. Throws `invalid_argument` that names the field and the value. */
export function filmOf(request: JobRequest, source: SourceRef): FilmSpec {
  const { mode, target_seconds: targetS } = request.clips;
  return {
    source,
    script: { text: request.script, sourceVariable: 'CLIPGRID_SOURCE', sourceName: 'CLIPGRID_SOURCE.mkv' },
    command: command(request.encode),
    container: request.container,
    ...(request.audio === undefined ? {} : { audio: audioCommand(request.audio) }),
    clips: { mode, ...(targetS === undefined ? {} : { targetS }) },
    ...(request.timeout_seconds === undefined ? {} : { encodeTimeoutS: request.timeout_seconds }),
  };
}
