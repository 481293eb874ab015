import { join } from 'node:path';
import pg from 'pg';
import type { BenchContext, Measurement, Row } from '../measurement.ts';
import { startCoordinatorProcess } from '../support/coordinator.ts';
import { httpLoad, type LoadFigures } from '../support/http-load.ts';
import { freePort } from '../support/process.ts';

const ROWS = 1_000;
const CLIENTS = 40;
const SECONDS = 10;
const PASSWORD = 'a password that is only for the bench';
const AGAIN = 'another one that is only for the bench';
const NEW_JOB = { preset: 'h264_baseline_360p_600', source: 's3:///src/t.mp4', dest: 's3:///dst/t/' };

function rows(what: string, { perSecond, p50Ms, p99Ms }: LoadFigures, atLeast: number): Row[] {
  return [
    { what: `${what}, ${CLIENTS} clients`, value: perSecond, unit: 'requests/s', target: { atLeast } },
    { what: `${what}, p50`, value: p50Ms, unit: 'ms' },
    { what: `${what}, p99`, value: p99Ms, unit: 'ms', target: { atMost: 100 } },
  ];
}

/** As many jobs as the contract's figures are for, each probed. */
async function fill(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(
      `insert into openencoder_jobs (guid, preset_id, preset, source, destination, status, progress, probe, options)
       select lpad(n::text, 20, '0'), 1, 'h264_baseline_360p_600', 'src/t.mp4', 'dst/t/', 'completed', 100, $2, $3
       from generate_series(1, $1::int) n`,
      [
        ROWS,
        JSON.stringify({ streams: [{ tags: 'x'.repeat(1_500) }] }),
        JSON.stringify({ raw: ['-c:v libx264'] }),
      ],
    );
    await client.query('vacuum analyze openencoder_jobs');
  } finally {
    await client.end();
  }
}

async function run(context: BenchContext): Promise<Row[]> {
  const databaseUrl = await context.server.database();
  const port = await freePort();
  const coordinator = await startCoordinatorProcess({
    folder: join(context.folder, 'openencoder-rates'),
    databaseUrl,
    environment: {
      CLIPGRID_OPENENCODER_PORT: String(port),
      CLIPGRID_OPENENCODER_JWT_KEY: 'a key for tokens that is only for the bench',
      CLIPGRID_OPENENCODER_ADMIN_PASSWORD: PASSWORD,
    },
  });
  const post = async (path: string, body: object): Promise<{ token?: string }> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path} was answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as { token?: string };
  };
  try {
    await fill(databaseUrl);
    const change = { username: 'admin', current_password: PASSWORD, new_password: AGAIN };
    await post('/update-password', change);
    const { token } = await post('/login', { username: 'admin', password: AGAIN });
    const head = `Host: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n`;
    const list = `GET /api/jobs?page=0 HTTP/1.1\r\n${head}\r\n`;
    const body = JSON.stringify(NEW_JOB);
    const create = `POST /api/jobs HTTP/1.1\r\n${head}Content-Length: ${body.length}\r\n\r\n${body}`;
    const seconds = context.quick ? 2 : SECONDS;
    const load = { port, clients: CLIENTS };
    // Code and caches are warm, as a service's are.
    await httpLoad({ ...load, seconds: 1, request: () => list, status: 200 });
    const lists = await httpLoad({ ...load, seconds, request: () => list, status: 200 });
    const creations = await httpLoad({ ...load, seconds, request: () => create, status: 201 });
    return [...rows('GET jobs', lists, 500), ...rows('POST jobs', creations, 300)];
  } finally {
    await coordinator.stop();
  }
}

export const openencoderRates: Measurement = {
  name: 'openencoder-rates',
  about: `Open Encoder's GET and POST jobs with ${ROWS} rows and ${CLIENTS} clients`,
  run,
};
