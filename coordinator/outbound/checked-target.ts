import { isIP, type BlockList } from 'node:net';
import { GridError } from '../../shared/errors.ts';
import { isIn, isPublic } from './networks.ts';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** All addresses of a name. */
export type Resolve = (host: string) => Promise<readonly ResolvedAddress[]>;

export interface TargetRules {
  /** Networks that may be asked though they are not public, and in plain HTTP. */
  readonly networks: BlockList;
  /** Whether there are such networks. */
  readonly hasNetworks: boolean;
  /** Whether public addresses may be asked in plain HTTP. */
  readonly plainHttp: boolean;
  readonly resolve: Resolve;
}

/** An address that was checked: connections go to one of `addresses`, whatever the name comes to mean meanwhile. */
export interface Target {
  readonly url: URL;
  readonly addresses: readonly ResolvedAddress[];
}

/** Scheme, host and port: paths and queries may hold secrets. */
export function originOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  return parsed === undefined ? 'the address' : `${parsed.protocol}//${parsed.host}`;
}

/** Throws unless it is a URL of HTTP without credentials. */
export function parseUrl(text: string): URL {
  const refuse = (why: string): never => {
    throw new GridError('invalid_argument', `${originOf(text)}: ${why}`, { details: { field: 'url' } });
  };
  if (!URL.canParse(text)) return refuse('this is no URL; give one such as https://example.com/film.mkv');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return refuse(`only https is fetched, not ${url.protocol.slice(0, -1)}`);
  if (url.username !== '' || url.password !== '')
    return refuse('a user name or password in a URL is not sent: leave it out');
  return url;
}

/** The address that a URL names itself; undefined for a name. */
function literal({ hostname }: URL): ResolvedAddress | undefined {
  const address = hostname.replace(/^\[|\]$/g, '');
  const family = isIP(address);
  return family === 0 ? undefined : { address, family };
}

function checkAddress(origin: string, { address }: ResolvedAddress, { networks }: TargetRules): void {
  if (isPublic(address) || isIn(networks, address)) return;
  const message = `${origin} is the private address ${address}, which is not asked: an operator can allow its network with CLIPGRID_OUTBOUND_NETWORKS`;
  throw new GridError('permission_denied', message, { details: { field: 'url', address } });
}

function plainHttp(origin: string): GridError {
  const message = `${origin} is plain HTTP: give an https URL, or an operator can allow it with CLIPGRID_OUTBOUND_HTTP=yes`;
  return new GridError('permission_denied', message, { details: { field: 'url' } });
}

/** Throws for what no name service could make a URL that may be asked. */
export function checkText(text: string, rules: TargetRules): URL {
  const url = parseUrl(text);
  const origin = originOf(text);
  const own = literal(url);
  if (own) checkAddress(origin, own, rules);
  const mayBePlain = own ? isIn(rules.networks, own.address) : rules.hasNetworks;
  if (url.protocol === 'http:' && !rules.plainHttp && !mayBePlain) throw plainHttp(origin);
  return url;
}

/** Throws unless this URL may be asked: every address that its name has must be allowed. */
export async function checkTarget(text: string, rules: TargetRules): Promise<Target> {
  const url = parseUrl(text);
  const own = literal(url);
  const addresses = own ? [own] : await rules.resolve(url.hostname);
  const origin = originOf(text);
  if (addresses.length === 0) throw new GridError('unavailable', `${origin}: the name has no address`);
  for (const address of addresses) checkAddress(origin, address, rules);
  const known = addresses.every(({ address }) => isIn(rules.networks, address));
  if (url.protocol === 'http:' && !rules.plainHttp && !known) throw plainHttp(origin);
  return { url, addresses };
}
