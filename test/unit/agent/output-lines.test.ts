import { expect, test } from 'vitest';
import { OutputLines } from '../../../agent/output-lines.ts';

function linesOf(...chunks: readonly (string | Uint8Array)[]): string[] {
  const lines: string[] = [];
  const reader = new OutputLines((line) => lines.push(line));
  for (const chunk of chunks) reader.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  reader.end();
  return lines;
}

test('lines end with a line feed, a carriage return (progress), or both, wherever the chunks are cut', () => {
  expect(linesOf('one\ntwo\rthree\r\nfo', 'ur\nfive')).toEqual(['one', 'two', 'three', 'four', 'five']);
  expect(linesOf()).toEqual([]);
  expect(linesOf('\n')).toEqual(['']);
});

test('a character that is cut by a chunk is whole again', () => {
  const bytes = Buffer.from('漢字\n');
  expect(linesOf(bytes.subarray(0, 2), bytes.subarray(2))).toEqual(['漢字']);
});

test('of a line without end only the start is kept', () => {
  const chunk = 'x'.repeat(100_000);
  const lines = linesOf(...Array<string>(100).fill(chunk), '\nnext\n');
  expect(lines.map((line) => line.length)).toEqual([4_000, 4]);
});
