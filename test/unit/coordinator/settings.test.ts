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

test('what may be asked of addresses that users name: nothing private, no plain HTTP, unless it is set', () => {
  const read = (env: Record<string, string>) => readSettings({ ...DATABASE, ...env });
  expect(read({}).outbound).toEqual({ networks: [], plainHttp: false });
  expect(read({}).maxFetchBytes).toBeUndefined();
  const set = { CLIPGRID_OUTBOUND_NETWORKS: '10.0.0.0/8, fd00::/8', CLIPGRID_OUTBOUND_HTTP: 'yes' };
  expect(read(set).outbound).toEqual({ networks: ['10.0.0.0/8', 'fd00::/8'], plainHttp: true });
  expect(read({ CLIPGRID_MAX_FETCH_GIB: '0.5' }).maxFetchBytes).toBe(2 ** 29);
  for (const [name, value] of [
    ['CLIPGRID_OUTBOUND_NETWORKS', 'lab'],
    ['CLIPGRID_OUTBOUND_HTTP', 'true'],
    ['CLIPGRID_MAX_FETCH_GIB', '0'],
    ['CLIPGRID_MAX_FETCH_GIB', 'all'],
  ] as const)
    expect(() => read({ [name]: value })).toThrow(`${name} is "${value}"`);
});
