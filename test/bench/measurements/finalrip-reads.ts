import { Agent, request } from 'node:http';
import type { BenchContext, Measurement, Row } from '../measurement.ts';
import { startAgents } from '../support/agents.ts';
import { cpuSeconds } from '../support/cpu.ts';
import { startSimulatedGrid, type SimulatedGrid } from '../support/grid.ts';
import { percentile } from '../support/stats.ts';

const CLIENTS = 20;
const CLIPS = 1_000;
/** Of a long film the dialect makes clips of a minute; at one frame a second such a film stays small. */
const CLIP_S = 60;
const TARGET_MS = 200;
const KEY = 'film.mkv';
const LIST = 'list?pending=true&running=true&completed=true';
const SCRIPT =
  "import os\nimport vapoursynth as vs\nvs.core.bs.VideoSource(os.environ['FINALRIP_SOURCE']).set_output()";
const ENCODE = 'ffmpeg -i - -c:v libx265 -crf 16 FINALRIP_ENCODED_CLIP.mkv';

interface Data {
  readonly state: string;
  readonly progress: readonly { readonly completed: boolean }[];
}

/** FinalRip's API as a dashboard speaks it, over kept-open connections. */
function createClient(api: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  const ask = (path: string, form?: Readonly<Record<string, string>>): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers = form ? { 'content-type': 'application/x-www-form-urlencoded' } : {};
      const method = form ? 'POST' : 'GET';
      const asking = request(`${api}/task/${path}`, { agent, method, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => resolve(Buffer.concat(chunks).toString()));
      });
      asking.once('error', reject);
      asking.end(form && new URLSearchParams(form).toString());
    });
  return {
    ask,
    async data<T>(path: string, form?: Readonly<Record<string, string>>): Promise<T> {
      const text = await ask(path, form);
      const body = JSON.parse(text) as { success: boolean; data: T };
      if (!body.success) throw new Error(`FinalRip's ${path} answered ${text.slice(0, 200)}`);
      return body.data;
    },
    close: () => agent.destroy(),
  };
}
type Client = ReturnType<typeof createClient>;

async function startTask(client: Client): Promise<void> {
  const { url } = await client.data<{ url: string }>(`oss/presigned?video_key=${KEY}`);
  const put = await fetch(url, { method: 'PUT', body: 'not looked at by simulated agents' });
  if (!put.ok) throw new Error(`the upload was answered ${put.status}`);
  await client.data('new', { video_key: KEY });
  await client.data('start', { video_key: KEY, script: SCRIPT, encode_param: ENCODE });
}

/** Asks again and again until the task is as wanted. */
async function until(client: Client, fits: (data: Data) => boolean): Promise<void> {
  while (!fits(await client.data<Data>(`progress?video_key=${KEY}`)));
}

/** All clients at once, each asking again as soon as it is answered. */
async function askAll(client: Client, path: string, times: number): Promise<number[]> {
  const waits: number[] = [];
  const one = async (): Promise<void> => {
    for (let i = 0; i < times; i++) {
      const fromMs = performance.now();
      const text = await client.ask(path);
      waits.push(performance.now() - fromMs);
      if (!text.endsWith('"success":true}')) throw new Error(`FinalRip answered ${text.slice(0, 200)}`);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, one));
  return waits;
}

interface Reads {
  readonly context: BenchContext;
  readonly grid: SimulatedGrid;
  readonly client: Client;
}

async function measure({ context, grid, client }: Reads, path: string, what: string): Promise<Row[]> {
  const times = context.quick ? 5 : 50;
  await askAll(client, path, 3);
  const before = await cpuSeconds(grid.coordinator.pid);
  const waits = await askAll(client, path, times);
  const cpuMs = (((await cpuSeconds(grid.coordinator.pid)) - before) * 1000) / waits.length;
  const p99 = percentile(waits, 0.99);
  const note = `${waits.length} answers of ${(await client.ask(path)).length} bytes; every client asks again as soon as it is answered, on the same machine`;
  return [
    { what: `${what}, p50`, value: percentile(waits, 0.5), unit: 'ms', note },
    { what: `${what}, p99`, value: p99, unit: 'ms', target: { atMost: TARGET_MS } },
    { what: `${what}, p99 to its target`, value: p99 / TARGET_MS, unit: 'x' },
    { what: `${what}, processor time of the coordinator an answer`, value: cpuMs, unit: 'ms' },
  ];
}

async function run(context: BenchContext): Promise<Row[]> {
  const plan = { agents: 1, processes: 1, clips: CLIPS * CLIP_S, framesPerClip: 1 };
  const environment = { CLIPGRID_FINALRIP_AUTH: 'none' };
  const grid = await startSimulatedGrid(context, { name: 'finalrip-reads', ...plan, environment });
  const client = createClient(grid.coordinator.api);
  const path = `progress?video_key=${KEY}`;
  try {
    await startTask(client);
    await until(client, ({ progress }) => progress.length > 0);
    await grid.agents.stop();
    const clips = (await client.data<Data>(path)).progress.length;
    context.say(`${clips} clips wait`);
    const reads = { context, grid, client };
    const rows = [
      ...(await measure(reads, path, `progress, ${clips} clips that wait, ${CLIENTS} clients`)),
      ...(await measure(reads, LIST, `list, ${clips} clips that wait, ${CLIENTS} clients`)),
    ];
    const orders = { ...plan, coordinator: grid.coordinator.grpc, count: 4, slots: 1 };
    const agents = await startAgents(orders);
    await until(client, ({ state }) => state === 'completed');
    await agents.stop();
    return [
      ...rows,
      ...(await measure(reads, path, `progress, ${clips} encoded clips, ${CLIENTS} clients`)),
      ...(await measure(reads, LIST, `list, ${clips} encoded clips, ${CLIENTS} clients`)),
    ];
  } finally {
    client.close();
    await grid.stop();
  }
}

export const finalripReads: Measurement = {
  name: 'finalrip-reads',
  about: `FinalRip's progress and list for a task of ${CLIPS} clips and ${CLIENTS} clients at once`,
  run,
};
