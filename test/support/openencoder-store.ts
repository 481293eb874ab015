import { readFile } from 'node:fs/promises';
import { createServer, request as forward } from 'node:http';
import { Client } from 'minio';
import type { OpenencoderGrid } from './openencoder-grid.ts';
import { freePort } from './ports.ts';
import { startS3, type TestS3 } from './s3.ts';

/** A real S3 server as the operator's object store, with the two buckets, by path on plain HTTP and an IP. */
export async function startOperatorStore() {
  const s3: TestS3 = await startS3();
  const { hostname, port } = new URL(s3.url);
  const { region, accessKey, secretKey } = s3;
  const client = new Client({
    endPoint: hostname,
    port: Number(port),
    useSSL: false,
    region,
    accessKey,
    secretKey,
  });
  for (const bucket of ['inbound', 'outbound']) await client.makeBucket(bucket, region);

  return {
    s3,
    client,
    /** The settings that lead there. */
    settings: {
      S3_PROVIDER: 'custom',
      S3_ENDPOINT: s3.url,
      S3_ACCESS_KEY: accessKey,
      S3_SECRET_KEY: secretKey,
      S3_INBOUND_BUCKET_REGION: region,
      S3_OUTBOUND_BUCKET_REGION: region,
    },
    async use(grid: OpenencoderGrid, token: string): Promise<void> {
      const answer = await grid.call('PUT', '/api/settings', { token, body: this.settings });
      if (answer.status !== 200) throw new Error(`settings: ${answer.status} ${answer.text}`);
    },
    async put(key: string, body: Buffer | string): Promise<void> {
      await client.putObject('inbound', key, Buffer.from(body));
    },
    async putFile(key: string, path: string): Promise<void> {
      await client.putObject('inbound', key, await readFile(path));
    },
    /** Keys in the outbound bucket. */
    async outbound(): Promise<string[]> {
      const keys: string[] = [];
      for await (const item of client.listObjectsV2('outbound', '', true)) keys.push(item.name ?? '');
      return keys.toSorted();
    },
    stop: () => s3.stop(),
  };
}

export type OperatorStore = Awaited<ReturnType<typeof startOperatorStore>>;

/** The same store by another address, where nothing may be written. */
export async function refuseWrites(target: string): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    if (method === 'PUT' || method === 'POST') {
      request.resume();
      response.writeHead(403, { 'content-type': 'application/xml' });
      response.end('<Error><Code>AccessDenied</Code><Message>nothing may be written</Message></Error>');
      return;
    }
    // Its headers are signed, the name of the host too.
    const onward = forward(new URL(url ?? '/', target), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${port}`, close: () => void server.close() };
}
