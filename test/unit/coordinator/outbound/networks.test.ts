import { describe, expect, test } from 'vitest';
import { isIn, isPublic, parseNetworks } from '../../../../coordinator/outbound/networks.ts';

describe('networks', () => {
  test.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '100.127.255.255',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.170',
    '192.0.2.1',
    '192.88.99.1',
    '192.168.1.1',
    '198.18.0.1',
    '198.51.100.7',
    '203.0.113.9',
    '224.0.0.1',
    '239.255.255.250',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '0:0:0:0:0:ffff:a9fe:a9fe',
    '::ffff:0:127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::1',
    '100::1',
    '2001::1',
    '2001:0:53aa:64c:0:0:80ff:fffe',
    '2001:db8::1',
    '2002:7f00:1::',
    '3fff::1',
    '5f00::1',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '',
    'localhost',
    '127.1',
    '1.2.3.4.5',
  ])('%j is not public', (address) => expect(isPublic(address)).toBe(false));

  test.each([
    '1.1.1.1',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '198.17.255.255',
    '223.255.255.255',
    '::ffff:8.8.8.8',
    '2606:4700:4700::1111',
    '2a00:1450:4001::8',
    '2001:4860:4860::8888',
  ])('%j is public', (address) => expect(isPublic(address)).toBe(true));

  test('a network that is allowed holds its own addresses, however they are written, and no others', () => {
    const networks = parseNetworks(['10.2.0.0/16', 'fd00::/8', '127.0.0.1']);
    const inside = ['10.2.255.1', '::ffff:10.2.3.4', '::ffff:a02:304', 'fd01::1', '127.0.0.1'];
    const outside = ['10.3.0.1', 'fe80::1', '127.0.0.2', '::1', '::10.2.3.4', '', 'x'];
    expect(inside.filter((address) => !isIn(networks, address))).toEqual([]);
    expect(outside.filter((address) => isIn(networks, address))).toEqual([]);
  });

  test.each(['10.0.0.0/33', 'fd00::/129', '10.0.0/8', 'lab', '10.0.0.0/', '10.0.0.0/8/8', '1.2.3.4/x'])(
    '%j is no network',
    (text) => expect(() => parseNetworks([text])).toThrow(`${JSON.stringify(text)} is no network`),
  );
});
