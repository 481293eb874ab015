import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readProcesses } from '../../../agent/guest/proc.ts';
import { treeOf } from '../../../agent/process-times.ts';
import { plainFilm } from '../../support/films.ts';
import { startHttpProxy, type TestHttpProxy } from '../../support/http-proxy.ts';
import { freePorts } from '../../support/ports.ts';
import { Processes } from '../../support/processes.ts';
import { RestClient } from '../../support/rest-client.ts';
import { slowScript } from '../../support/scripts.ts';

/** No name server knows it: only the proxy does. */
const HOST = 'grid.invalid';

let proxy: TestHttpProxy;
let grid: Processes;
let httpPort: number;
let api: RestClient;
beforeAll(async () => {
  [httpPort] = (await freePorts(1)) as [number];
  proxy = await startHttpProxy(HOST, 'volunteer:secret');
  const coordinatorEnv = {
    CLIPGRID_HTTP_PORT: String(httpPort),
    CLIPGRID_INTERNAL_URL: `http://${HOST}:${httpPort}`,
  };
  grid = await Processes.start({ agents: 0, coordinatorEnv });
  api = new RestClient(`http://127.0.0.1:${httpPort}/api/v1`);
});
afterAll(async () => {
  api.close();
  await grid.close();
  await proxy.close();
});

/** The niceness of a process and the processors that it may use. */
function boundsOf(pid: number): { nice: number; cpus: string } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    nice: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]),
    cpus: /^Cpus_allowed_list:\s*(.+)$/m.exec(status)?.[1] ?? '',
  };
}

test(
  'an agent that reaches the grid through an HTTP proxy alone, and has a part of its machine, does a whole job',
  { timeout: 150_000 },
  async () => {
    const port = grid.coordinator.rpc.split(':')[1];
    const agent = await grid.addAgent({
      coordinator: `${HOST}:${port}`,
      env: {
        HTTP_PROXY: proxy.url,
        HTTPS_PROXY: proxy.url,
        CLIPGRID_CORES: '1',
        CLIPGRID_NICE: '9',
        CLIPGRID_MEMORY: '4GB',
        CLIPGRID_DISK: '2GB',
        CLIPGRID_SOURCE_CACHE: '1MB',
        CLIPGRID_MAX_DOWNLOAD: '20MB/s',
        CLIPGRID_MAX_UPLOAD: '20MB/s',
      },
    });
    const film = plainFilm(grid.folder, 4);
    const watch = await api.submit(film, {
      script: slowScript('CLIPGRID_SOURCE', 0.03),
      encode: 'ffmpeg -i - -c:v libx264 -preset ultrafast CLIPGRID_OUTPUT.mkv',
      clips: { mode: 'whole' },
    });
    await watch.midClip();
    const tools = treeOf(agent.pid!, readProcesses());
    expect(tools.length).toBeGreaterThan(2);
    for (const { nice, cpus } of tools.map(({ pid }) => boundsOf(pid))) {
      expect(nice).toBe(9);
      expect(cpus).toMatch(/^\d+$/);
    }
    expect((await watch.ended()).state).toBe('succeeded');
    expect(proxy.said).toContain(`CONNECT ${HOST}:${port}`);
    expect(proxy.said.filter((line) => line.includes(`${HOST}:${httpPort}`)).length).toBeGreaterThan(1);
    const cache = join(grid.folder, agent.name, 'cache');
    const kept = readdirSync(cache).map((name) => statSync(join(cache, name)).size);
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(1_000_000);
  },
);
