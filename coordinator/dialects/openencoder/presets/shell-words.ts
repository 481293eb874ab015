import { invalid } from '../errors.ts';

/**
 * Splits one element of a preset into words, as a shell does with blanks and quotes. Nothing is expanded, and a backslash
 * counts only before a blank, a quote or a backslash: ffmpeg's own escapes (`min(1280\,iw)`) stay, as in the reference.
 */
export function shellWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    const next = text.charAt(at + 1);
    if (char === '\\' && quote !== "'" && /[\s'"\\]/.test(next)) {
      word = (word ?? '') + next;
      at++;
    } else if (quote !== '') {
      if (char === quote) quote = '';
      else word = (word ?? '') + char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (quote !== '') throw invalid(`data is not valid: a ${quote} in ${JSON.stringify(text)} is never closed`);
  if (word !== undefined) words.push(word);
  return words;
}
