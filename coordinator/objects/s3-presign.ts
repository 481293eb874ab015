import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';

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

/** One day's signing key and what its URLs have in common; the key itself stays with OpenSSL. */
interface Day {
  readonly day: string;
  readonly scope: string;
  readonly key: KeyObject;
}

/**
 * Makes URLs signed by AWS Signature Version 4 in their query ("Authenticating Requests: Using Query Parameters" of the S3
 * API reference). Written here since the minio client cannot put headers under a presigned URL's signature. A merge's grant
 * takes thousands of them at once: what only a day or the endpoint decides is worked out once.
 */
export class Presigner {
  readonly #endpoint: S3Endpoint;
  readonly #base: URL;
  #today: Day | undefined;

  constructor(endpoint: S3Endpoint) {
    this.#endpoint = endpoint;
    this.#base = new URL(endpoint.url);
  }

  sign(request: PresignRequest): string {
    const { host, origin } = this.#base;
    const stamp = new Date(request.nowMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
    const { scope, key } = this.#dayOf(stamp);
    const headers = canonicalHeaders({ ...request.headers, host });
    const names = headers.map(([name]) => name).join(';');
    const query = canonicalQuery({
      ...request.query,
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': `${this.#endpoint.accessKey}/${scope}`,
      'X-Amz-Date': stamp,
      'X-Amz-Expires': String(request.expiresS),
      'X-Amz-SignedHeaders': names,
    });
    const path = `/${request.bucket}/${request.key.split('/').map(escapeUri).join('/')}`;
    const lines = headers.map(([name, value]) => `${name}:${value}\n`).join('');
    const canonical = [request.method, path, query, lines, names, 'UNSIGNED-PAYLOAD'].join('\n');
    const text = ['AWS4-HMAC-SHA256', stamp, scope, hash('sha256', canonical)].join('\n');
    const signature = createHmac('sha256', key).update(text).digest('hex');
    return `${origin}${path}?${query}&X-Amz-Signature=${signature}`;
  }

  #dayOf(stamp: string): Day {
    const day = stamp.slice(0, 8);
    if (this.#today?.day === day) return this.#today;
    const { region, secretKey } = this.#endpoint;
    const key = createSecretKey(signingKey([day, region, 's3', 'aws4_request'], secretKey));
    this.#today = { day, scope: `${day}/${region}/s3/aws4_request`, key };
    return this.#today;
  }
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

function signingKey(steps: readonly string[], secretKey: string): Buffer {
  return steps.reduce<Buffer>(
    (key, step) => createHmac('sha256', key).update(step).digest(),
    Buffer.from(`AWS4${secretKey}`),
  );
}
