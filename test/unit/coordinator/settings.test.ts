import { describe, expect, test } from 'vitest';
import { readSettings } from '../../../coordinator/settings.ts';

const DATABASE = { DATABASE_URL: 'postgres://localhost/grid' };

describe.each([
  ['CLIPGRID_LEASE_TTL_S', 'leaseTtlMs', '8', 8_000, '7.9', 'give seconds, 8 to 3600'],
  ['CLIPGRID_MAX_WAIT_H', 'maxWaitMs', '1.5', 5_400_000, '0', 'give hours, 0.1 to 8760'],
] as const)('%s', (name, field, text, ms, wrong, rule) => {
  test('is a time, and the grid has its own without', () => {
    expect(readSettings({ ...DATABASE, [name]: text })[field]).toBe(ms);
    expect(readSettings(DATABASE)[field]).toBeUndefined();
    expect(readSettings({ ...DATABASE, [name]: '' })[field]).toBeUndefined();
  });

  test.each([wrong, '1e99', 'soon'])('refuses %j by its name and value', (value) => {
    expect(() => readSettings({ ...DATABASE, [name]: value })).toThrow(
      `${name} is ${JSON.stringify(value)}: ${rule}`,
    );
  });
});

test('keys for secrets: several with commas between, each long enough, and never in a message', () => {
  const [one, two] = ['1'.repeat(32), '2'.repeat(64)];
  const read = (text?: string) => readSettings({ ...DATABASE, CLIPGRID_SECRET_KEYS: text }).secretKeys;
  expect(read(`${one}, ${two}`)).toEqual([one, two]);
  expect([read(), read('')]).toEqual([[], []]);
  expect(() => read(`${one},short-one`)).toThrow('CLIPGRID_SECRET_KEYS is "...": each key needs at least 32');
});
