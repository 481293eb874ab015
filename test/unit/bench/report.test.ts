import { expect, test } from 'vitest';
import { resultsMarkdown, type Measured } from '../../bench/report.ts';

const machine = (commit: string) => ({ date: '2026-01-02 03:04', commit, cpu: 'two cores' });
const measured = (name: string, value: number): Measured => ({
  measurement: { name, about: `about ${name}` },
  rows: [{ what: 'speed', value, unit: 'm/s', target: { atLeast: 5 } }],
});

test('what was not measured again stays in its place, and says of which code it is', () => {
  const old = resultsMarkdown(machine('aaa'), [measured('first', 4), measured('second', 6)]);
  const both = resultsMarkdown(machine('bbb'), [measured('first', 7), measured('third', 1)], { old });
  expect(both.match(/^## .*$|at commit \w+|[\d.]+ m\/s|MISSED|met/gm)).toEqual([
    ...['## first', 'at commit bbb', '7 m/s', 'met'],
    ...['## second', 'at commit aaa', '6 m/s', 'met'],
    ...['## third', 'at commit bbb', '1 m/s', 'MISSED'],
  ]);
  expect(both.match(/^# /gm)).toHaveLength(1);
});

test('a measurement that failed says why', () => {
  const failed = { measurement: { name: 'x', about: 'y' }, rows: [], error: 'no room' };
  expect(resultsMarkdown(machine('aaa'), [failed], { script: 'chaos' })).toContain('FAILED: no room');
});
