import { BlockList, isIP } from 'node:net';
import { GridError } from '../../shared/errors.ts';

/** RFC 6890 and its successors: what is not for the Internet at large. */
const SPECIAL_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
/** The only part of IPv6 that is public (so no ::1, fc00::/7, fe80::/10, mapped or translated IPv4) ... */
const PUBLIC_V6 = ['2000::/3'];
/** ... but for these: tunnels that hold an IPv4 address, benchmarks, documentation. */
const SPECIAL_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const NETWORK = /^([0-9a-fA-F.:]+)(?:\/(\d{1,3}))?$/;

/** Networks such as `10.0.0.0/8`, `fd00::/8` or one address. Throws (`invalid_argument`) for any other text. */
export function parseNetworks(texts: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const [, address = '', length] = NETWORK.exec(text) ?? [];
    const version = isIP(address);
    const bits = version === 4 ? 32 : 128;
    const prefix = Number(length ?? bits);
    if (version === 0 || prefix > bits) {
      const message = `${JSON.stringify(text)} is no network: give some like 10.0.0.0/8 or fd00::/8`;
      throw new GridError('invalid_argument', message, { details: { value: text } });
    }
    list.addSubnet(address, prefix, version === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}

const specialV4 = parseNetworks(SPECIAL_V4);
const publicV6 = parseNetworks(PUBLIC_V6);
const specialV6 = parseNetworks(SPECIAL_V6);

/** `::ffff:1.2.3.4` is 1.2.3.4, in any way to write it. */
export function plainAddress(address: string): string {
  if (isIP(address) !== 6) return address;
  const host = new URL(`http://[${address.split('%')[0]}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(host) ?? [];
  if (high === undefined || low === undefined) return host;
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [a >> 8, a & 255, b >> 8, b & 255].join('.');
}

/** Whether an address is one of the Internet at large. */
export function isPublic(address: string): boolean {
  const plain = plainAddress(address);
  if (isIP(plain) === 4) return !specialV4.check(plain, 'ipv4');
  return isIP(plain) === 6 && publicV6.check(plain, 'ipv6') && !specialV6.check(plain, 'ipv6');
}

/** Whether an address is in one of these networks. */
export function isIn(networks: BlockList, address: string): boolean {
  const plain = plainAddress(address);
  const version = isIP(plain);
  return version !== 0 && networks.check(plain, version === 4 ? 'ipv4' : 'ipv6');
}
