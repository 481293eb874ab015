import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { BenchContext, Measurement, Row } from '../measurement.ts';
import { startCoordinatorProcess } from '../support/coordinator.ts';
import { upload } from '../support/upload.ts';

const CHUNK_BYTES = 1 << 20;
const SAMPLE_MS = 50;

function* noise(totalBytes: number): Generator<Buffer> {
  const chunk = randomBytes(CHUNK_BYTES);
  for (let sent = 0; sent < totalBytes; sent += chunk.length) yield chunk;
}

async function run(context: BenchContext): Promise<Row[]> {
  const sizeBytes = (context.quick ? 128 : 1024) * 2 ** 20;
  const databaseUrl = await context.server.database();
  const folder = join(context.folder, 'upload-memory');
  const coordinator = await startCoordinatorProcess({ folder, databaseUrl });
  try {
    const beforeBytes = await coordinator.rssBytes();
    let peakBytes = beforeBytes;
    const timer = setInterval(() => {
      void coordinator.rssBytes().then((bytes) => (peakBytes = Math.max(peakBytes, bytes)));
    }, SAMPLE_MS);
    const startedMs = performance.now();
    await upload(coordinator.api, Readable.from(noise(sizeBytes)), sizeBytes);
    const seconds = (performance.now() - startedMs) / 1000;
    clearInterval(timer);
    const mib = sizeBytes / 2 ** 20;
    return [
      {
        what: `coordinator memory, highest while ${mib} MiB are uploaded`,
        value: peakBytes / 2 ** 20,
        unit: 'MiB',
        target: { atMost: 200 },
        note: `folder store; ${(beforeBytes / 2 ** 20).toFixed(0)} MiB before it`,
      },
      { what: 'speed of that upload, hashed and synced', value: mib / seconds, unit: 'MiB/s' },
    ];
  } finally {
    await coordinator.stop();
  }
}

export const uploadMemory: Measurement = {
  name: 'upload-memory',
  about: 'memory of the coordinator while a large film is uploaded through it',
  run,
};
