import { expect, test } from 'vitest';
import { Coordinators } from '../../../agent/coordinators.ts';

function visits(list: string, random: number, count: number): string[] {
  const coordinators = new Coordinators(list, () => random);
  return Array.from({ length: count }, () => {
    const { address } = coordinators;
    coordinators.next();
    return address;
  });
}

test('an agent begins with any of its coordinators and turns to the next one, round and round', () => {
  expect(visits('a:1, b:2,c:3', 0, 4)).toEqual(['a:1', 'b:2', 'c:3', 'a:1']);
  expect(visits('a:1,b:2,c:3', 0.99, 3)).toEqual(['c:3', 'a:1', 'b:2']);
  expect(visits('a:1', 0.5, 2)).toEqual(['a:1', 'a:1']);
});

test('one that is named twice is still the only one', () => {
  const several = (list: string) => new Coordinators(list, () => 0).several;
  expect([several('a:1'), several('a:1, a:1'), several('a:1,b:2')]).toEqual([false, false, true]);
});

test('a list without an address is a mistake', () => {
  expect(() => new Coordinators(' , ', () => 0)).toThrow('at least one');
});
