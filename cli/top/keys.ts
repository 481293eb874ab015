const SEQUENCES: ReadonlyMap<string, string> = new Map([
  ['\u001B[A', 'up'],
  ['\u001BOA', 'up'],
  ['\u001B[B', 'down'],
  ['\u001BOB', 'down'],
  ['\u001B[5~', 'pageup'],
  ['\u001B[6~', 'pagedown'],
  ['\u001B[H', 'home'],
  ['\u001BOH', 'home'],
  ['\u001B[F', 'end'],
  ['\u001BOF', 'end'],
  ['\t', 'tab'],
  ['\u001B', 'escape'],
  ['\u0003', 'interrupt'],
]);
const ESC = '\u001B';
/** One control sequence (ECMA-48, section 5.4), one of SS3, or one character. */
const KEY = new RegExp(String.raw`${ESC}\[[\d;?]*[@-~]|${ESC}O.|[\s\S]`, 'gu');

/** What was typed, key by key; sequences that mean nothing here are left out. */
export function keysOf(text: string): string[] {
  return (text.match(KEY) ?? []).flatMap((one) => {
    const known = SEQUENCES.get(one);
    if (known !== undefined) return [known];
    return /^\P{Cc}$/u.test(one) ? [one] : [];
  });
}
