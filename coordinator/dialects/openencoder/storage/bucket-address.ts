import type { SettingValues } from '../settings/setting-names.ts';

/** Where a bucket is and how to get in. */
export interface BucketAddress {
  readonly host: string;
  readonly port?: number;
  readonly useTls: boolean;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly bucket: string;
  /** `http://host/bucket/key` and not `http://bucket.host/key`. */
  readonly pathStyle: boolean;
}

export type Side = 'inbound' | 'outbound';

/** An endpoint as people write it: with or without a scheme (then https), with or without a port. */
function endpointOf(text: string): Pick<BucketAddress, 'host' | 'port' | 'useTls'> | undefined {
  const url = /^https?:\/\//i.test(text) ? text : `https://${text}`;
  if (text === '' || !URL.canParse(url)) return undefined;
  const { hostname, port, protocol } = new URL(url);
  // An IPv6 address comes in brackets, which sockets do not take.
  const host = hostname.replace(/^\[|\]$/g, '');
  return { host, useTls: protocol === 'https:', ...(port === '' ? {} : { port: Number(port) }) };
}

/** Undefined: the settings do not say where the bucket is. Each side has its own bucket and region. */
export function bucketAddress(values: SettingValues, side: Side): BucketAddress | undefined {
  const bucket = side === 'inbound' ? values.S3_INBOUND_BUCKET : values.S3_OUTBOUND_BUCKET;
  const region = side === 'inbound' ? values.S3_INBOUND_BUCKET_REGION : values.S3_OUTBOUND_BUCKET_REGION;
  const { S3_PROVIDER: provider, S3_ACCESS_KEY: accessKey, S3_SECRET_KEY: secretKey } = values;
  if (bucket === '' || accessKey === '' || secretKey === '') return undefined;
  const isCustom = provider === 'custom' || (provider === '' && values.S3_ENDPOINT !== '');
  const names: Readonly<Record<string, string>> = {
    digitaloceanspaces: `${region}.digitaloceanspaces.com`,
    amazonaws: 's3.amazonaws.com',
  };
  const endpoint = endpointOf(isCustom ? values.S3_ENDPOINT : region === '' ? '' : (names[provider] ?? ''));
  if (endpoint === undefined) return undefined;
  return { ...endpoint, region: region || 'us-east-1', accessKey, secretKey, bucket, pathStyle: isCustom };
}
