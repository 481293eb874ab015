import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchContext, Measurement, Row } from '../measurement.ts';
import { startByteMeter } from '../support/byte-meter.ts';
import { loopedFilm } from '../support/film.ts';
import { freePort } from '../support/process.ts';
import { startRealGrid } from '../support/real-grid.ts';

const ENCODE = 'ffmpeg -i - -c:v libx264 -preset veryfast -crf 23 CLIPGRID_OUTPUT.mkv';

async function run(context: BenchContext): Promise<Row[]> {
  const film = loopedFilm(join(context.folder, 'bytes.mkv'), context.quick ? 20 : 60);
  const httpPort = await freePort();
  const meter = await startByteMeter(httpPort);
  const grid = await startRealGrid(context, {
    name: 'object-bytes',
    agents: [1, 1],
    environment: {
      CLIPGRID_HTTP_PORT: String(httpPort),
      CLIPGRID_INTERNAL_URL: `http://127.0.0.1:${meter.port}`,
      CLIPGRID_PUBLIC_URL: `http://127.0.0.1:${httpPort}`,
    },
  });
  try {
    const uploadId = await grid.upload(film);
    const job = await grid.encode(uploadId, ENCODE);
    const passed = meter.bytes();
    const source = (await stat(film)).size;
    const result = await grid.download(job, join(context.folder, 'bytes-result.mkv'));
    const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
    return [
      {
        what: 'bytes between agents and object store, of 2.2 x source + 3 x result',
        value: passed / (2.2 * source + 3 * result),
        unit: 'x',
        target: { atMost: 1 },
        note: `${mib(passed)} MiB passed; source ${mib(source)}, result ${mib(result)}; ${job.clips_total} clips, 2 agents`,
      },
    ];
  } finally {
    await grid.stop();
    meter.stop();
  }
}

export const objectBytes: Measurement = {
  name: 'object-bytes',
  about: 'bytes that a job moves between its agents and the object store, both ways, from submit to its end',
  run,
};
