import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { bits, explicit, implicit, integer, octets, oid, sequence, set, text, time, yes } from './der.ts';

/** A certificate and its private key (P-256), both PEM. */
export interface Certified {
  readonly cert: string;
  readonly key: string;
}

export interface Issuer {
  /** Its common name. */
  readonly name: string;
  readonly key: KeyObject;
  readonly publicKey: KeyObject;
}

export interface Validity {
  readonly from: Date;
  readonly days: number;
}

const DAY_MS = 24 * 3600_000;
/** Clocks of other machines may be behind. */
const EARLIER_MS = 3600_000;
const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));

function nameOf(commonName: string): Buffer {
  return sequence(set(sequence(oid('2.5.4.3'), text(commonName))));
}

function keyId(publicKey: KeyObject): Buffer {
  return createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
}

function extension(id: string, content: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [yes()] : []), octets(content));
}

/** Both sides of RFC 5280's "may sign certificates": it may, and only leaves. */
const CA_EXTENSIONS = [
  extension('2.5.29.19', sequence(yes(), integer(Buffer.from([0]))), true),
  extension('2.5.29.15', bits(Buffer.from([0x06]), 1), true),
];

function ipBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const middle = tail === undefined ? 0 : 8 - before.length - after.length;
  const all = [...before, ...Array.from({ length: middle }, () => 0), ...after];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

/** For servers and for clients, under these names and addresses. */
function leafExtensions(hosts: readonly string[]): Buffer[] {
  const names = hosts.map((host) =>
    isIP(host) > 0 ? implicit(7, ipBytes(host)) : implicit(2, Buffer.from(host, 'ascii')),
  );
  return [
    extension('2.5.29.19', sequence(), true),
    extension('2.5.29.15', bits(Buffer.from([0x80]), 7), true),
    extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1'), oid('1.3.6.1.5.5.7.3.2'))),
    extension('2.5.29.17', sequence(...names)),
  ];
}

interface Subject {
  readonly name: string;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

/** RFC 5280 section 4.1. */
function certify(subject: Subject, issuer: Issuer, { from, days }: Validity): string {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const start = from.getTime();
  const extensions = [
    ...subject.extensions,
    extension('2.5.29.14', octets(keyId(subject.publicKey))),
    extension('2.5.29.35', sequence(implicit(0, keyId(issuer.publicKey)))),
  ];
  const signed = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_SHA256,
    nameOf(issuer.name),
    sequence(time(new Date(start - EARLIER_MS)), time(new Date(start + days * DAY_MS))),
    nameOf(subject.name),
    subject.publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensions)),
  );
  const der = sequence(signed, ECDSA_SHA256, bits(sign('sha256', signed, issuer.key)));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

function newKeys(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** A certificate authority of one's own. */
export function createCa(name: string, validity: Validity): Certified {
  const { publicKey, privateKey } = newKeys();
  const subject = { name, publicKey, extensions: CA_EXTENSIONS };
  return { cert: certify(subject, { name, key: privateKey, publicKey }, validity), key: pem(privateKey) };
}

/** A certificate of `issuer` for the given host names and IP addresses; the first one is its common name. */
export function createLeaf(hosts: readonly string[], issuer: Issuer, validity: Validity): Certified {
  const { publicKey, privateKey } = newKeys();
  const subject = { name: hosts[0] ?? '', publicKey, extensions: leafExtensions(hosts) };
  return { cert: certify(subject, issuer, validity), key: pem(privateKey) };
}
