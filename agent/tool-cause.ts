/** What vspipe, ffmpeg and x264 print after the reason, or whatever happens: it says nothing about why. */
const NOISE = [
  /^Output \d+ frames in /,
  /^Information: /,
  /^(frame|size|video|bench)=/,
  /^video:\S+ audio:/,
  /^Conversion failed!$/,
  /^Exiting normally, received signal/,
  /^Error splitting the argument list: /,
  /^Error initializing output stream /,
  /^Nothing was written into output file/,
  /^Error reinitializing filters!$/,
  /^Failed to inject frame into filter network: /,
  /^Error while processing the decoded data for stream /,
  /^\s*$/,
];

/** Which of ffmpeg's parts speaks, and where it lies in memory. */
const SPEAKER = /^(?:\[[^\]@]+ @ 0x[0-9a-f]+\] )+/;

/** The line of a tool's last output that tells why it failed; empty when none does. */
export function causeLine(log: string): string {
  const lines = log.split('\n').filter((line) => !NOISE.some((noise) => noise.test(line)));
  return (lines.at(-1) ?? '').trim().replace(SPEAKER, '');
}

/** `problem: cause`, as far as there is one. */
export function withCause(problem: string, log: string): string {
  const cause = causeLine(log);
  return cause === '' ? problem : `${problem}: ${cause}`;
}
