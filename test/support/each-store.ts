import { createGridFixture } from './grid-fixture.ts';
import { createMemoryFixture } from './memory-fixture.ts';

/** What each store is called, and a grid on it: for `describe.each`. */
export const EACH_STORE = [
  ['PostgreSQL', createGridFixture],
  ['memory', createMemoryFixture],
] as const;
