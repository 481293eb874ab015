import { readFile } from 'node:fs/promises';
import { Client } from 'minio';
import type { OpenencoderGrid } from './openencoder-grid.ts';
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
