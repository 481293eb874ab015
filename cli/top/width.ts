import { printable } from '../terminal.ts';

const WIDE =
  /[\p{Emoji_Presentation}\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]/u;
const NONE = /\p{Mn}/u;

/** How many cells of a terminal a character takes (Unicode Standard Annex 11, nearly). */
function widthOf(character: string): number {
  if (NONE.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** A text in exactly `columns` cells: cut, or with spaces behind it. */
export function fit(text: string, columns: number): string {
  let used = 0;
  let shown = '';
  for (const character of printable(text)) {
    const width = widthOf(character);
    if (used + width > columns) break;
    shown += character;
    used += width;
  }
  return shown + ' '.repeat(Math.max(0, columns - used));
}
