import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { BenchContext, Measurement, Row } from '../measurement.ts';
import { startCoordinatorProcess } from '../support/coordinator.ts';
import { upload } from '../support/upload.ts';
import { watched } from '../support/watched.ts';

const CHUNK_BYTES = 1 << 20;
const MIB = 2 ** 20;
const AT_ONCE = 50;

function* noise(totalBytes: number): Generator<Buffer> {
  const chunk = randomBytes(CHUNK_BYTES);
  for (let sent = 0; sent < totalBytes; sent += chunk.length) yield chunk;
}

/** `count` uploads at once, to a coordinator of their own. */
async function uploads(context: BenchContext, count: number, mib: number) {
  const databaseUrl = await context.server.database();
  const folder = join(context.folder, `upload-memory-${count}`);
  const coordinator = await startCoordinatorProcess({ folder, databaseUrl });
  const one = (): Promise<string> => upload(coordinator.api, Readable.from(noise(mib * MIB)), mib * MIB);
  try {
    return await watched(coordinator, () => Promise.all(Array.from({ length: count }, one)));
  } finally {
    await coordinator.stop();
  }
}

async function run(context: BenchContext): Promise<Row[]> {
  const mib = context.quick ? 128 : 1024;
  const each = context.quick ? 4 : 100;
  const single = await uploads(context, 1, mib);
  const many = await uploads(context, AT_ONCE, each);
  return [
    {
      what: `coordinator memory, highest while ${mib} MiB are uploaded`,
      value: single.peakMib,
      unit: 'MiB',
      target: { atMost: 200 },
      note: `folder store; ${single.beforeMib.toFixed(0)} MiB before it`,
    },
    { what: 'speed of that upload, hashed and synced', value: mib / single.seconds, unit: 'MiB/s' },
    {
      what: `coordinator memory, highest while ${AT_ONCE} uploads of ${each} MiB arrive at once`,
      value: many.peakMib,
      unit: 'MiB',
      target: { atMost: 300 },
      note: `folder store; ${many.beforeMib.toFixed(0)} MiB before it; they come to ${AT_ONCE * each} MiB`,
    },
    { what: 'speed of those uploads together', value: (AT_ONCE * each) / many.seconds, unit: 'MiB/s' },
  ];
}

export const uploadMemory: Measurement = {
  name: 'upload-memory',
  about: 'memory of the coordinator while large films are uploaded through it',
  run,
};
