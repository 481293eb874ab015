import { describe, expect, test } from 'vitest';
import {
  localSizes,
  slotsOf,
} from '../../../../../../coordinator/dialects/openencoder/machines/local/sizes.ts';
import {
  parseSshHost,
  sshArguments,
} from '../../../../../../coordinator/dialects/openencoder/machines/ssh/hosts.ts';

describe('sizes of this machine', () => {
  const slugs = (cores: number, gib: number): string[] =>
    localSizes({ cores, memoryBytes: gib * 1024 ** 3 }, 0).map(({ slug }) => slug);

  test('from one core to all of them, with their share of the memory', () => {
    expect(slugs(2, 4)).toEqual(['local-1c-2g', 'local-2c-4g']);
    expect(slugs(12, 31.4)).toEqual(['local-1c-2g', 'local-3c-7g', 'local-6c-15g', 'local-12c-31g']);
    expect(slugs(1, 0.5)).toEqual(['local-1c-1g']);
  });

  test('they cost nothing, or their share of what the operator says', () => {
    expect(localSizes({ cores: 2, memoryBytes: 4e9 }, 0).map((size) => size.priceHourly)).toEqual([0, 0]);
    const [half, whole] = localSizes({ cores: 2, memoryBytes: 4e9 }, 0.2);
    expect([half?.priceHourly, whole?.priceHourly, whole?.priceMonthly]).toEqual([0.1, 0.2, 146]);
  });

  test('an agent has a slot for two cores', () => {
    expect([1, 2, 3, 16].map(slotsOf)).toEqual([1, 1, 1, 8]);
  });
});

describe('hosts of our own', () => {
  test('a name, a user and a port, and nothing that ssh would take for something else', () => {
    expect(parseSshHost('Blue.lab')).toEqual({ name: 'blue.lab' });
    expect(parseSshHost('render@10.0.0.7:2222')).toEqual({ name: '10.0.0.7', user: 'render', port: 2222 });
    const bad = [
      '',
      '-oProxyCommand=x',
      'a b',
      'a;b',
      'x@-l',
      '$(x)',
      'a:0',
      'a:70000',
      'a/b',
      'a@b@c',
      'a.',
      "a'b",
    ];
    expect(bad.filter((text) => parseSshHost(text) !== undefined)).toEqual([]);
  });

  test('ssh asks nothing, trusts only hosts that it knows, and ends its options before the host', () => {
    expect(sshArguments({ name: 'blue.lab', user: 'render', port: 2222 })).toEqual(
      [
        '-T -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=10 -o ServerAliveInterval=5',
        '-o ServerAliveCountMax=3 -o ClearAllForwardings=yes -p 2222 -- render@blue.lab',
      ]
        .join(' ')
        .split(' ')
        .concat('sh -s'),
    );
  });
});
