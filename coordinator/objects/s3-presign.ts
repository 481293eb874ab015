import { createHash, createHmac } from 'node:crypto';

export interface S3Endpoint {
  /** `http://host:9000`; path style is used. */
  readonly url: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

export interface PresignRequest {
  readonly method: 'GET' | 'PUT';
  readonly bucket: string;
  readonly key: string;
  readonly query: Readonly<Record<string, string>>;
  /** Headers that the client must send with exactly these values, without `host`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly expiresS: number;
  readonly nowMs: number;
}

/**
 * A URL signed by AWS Signature Version 4 in its query ("Authenticating Requests: Using Query Parameters" of the S3
 * API reference). Written here since the minio client cannot put headers under a presigned URL's signature.
 */
export function presign(endpoint: S3Endpoint, request: PresignRequest): string {
  const base = new URL(endpoint.url);
  const stamp = new Date(request.nowMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const day = stamp.slice(0, 8);
  const scope = `${day}/${endpoint.region}/s3/aws4_request`;
  const headers = canonicalHeaders({ ...request.headers, host: base.host });
  const names = headers.map(([name]) => name).join(';');
  const query = canonicalQuery({
    ...request.query,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${endpoint.accessKey}/${scope}`,
    'X-Amz-Date': stamp,
    'X-Amz-Expires': String(request.expiresS),
    'X-Amz-SignedHeaders': names,
  });
  const path = `/${request.bucket}/${request.key.split('/').map(escapeUri).join('/')}`;
  const lines = headers.map(([name, value]) => `${name}:${value}\n`).join('');
  const canonical = [request.method, path, query, lines, names, 'UNSIGNED-PAYLOAD'].join('\n');
  const hash = createHash('sha256').update(canonical).digest('hex');
  const signature = hmac(signingKey(endpoint, day), ['AWS4-HMAC-SHA256', stamp, scope, hash].join('\n'));
  return `${base.origin}${path}?${query}&X-Amz-Signature=${signature.toString('hex')}`;
}

function canonicalHeaders(headers: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(headers)
    .map(([name, value]): [string, string] => [name.toLowerCase(), value.trim()])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function canonicalQuery(query: Readonly<Record<string, string>>): string {
  return Object.entries(query)
    .map(([name, value]) => `${escapeUri(name)}=${escapeUri(value)}`)
    .sort()
    .join('&');
}

function escapeUri(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function signingKey(endpoint: S3Endpoint, day: string): Buffer {
  const steps = [day, endpoint.region, 's3', 'aws4_request'];
  return steps.reduce<Buffer>((key, step) => hmac(key, step), Buffer.from(`AWS4${endpoint.secretKey}`));
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
