import { basename, join, resolve } from 'node:path';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { startEmbeddedPostgres } from '../coordinator/store/postgres/embedded/embedded.ts';
import { systemClock } from '../shared/clock.ts';
import { systemIds } from '../shared/ids.ts';
import { createLogger } from '../shared/logger.ts';
import { startProcesses } from './demo/processes.ts';
import { showProgress } from './demo/progress.ts';
import { submitFilm } from './demo/rest.ts';
import { verifyResult } from './demo/verify.ts';

const SCRIPT = `import os
import vapoursynth as vs
from vapoursynth import core

clip = core.bs.VideoSource(source=os.environ['CLIPGRID_SOURCE'])
clip = core.std.Convolution(clip, matrix=[1, 2, 1, 2, 20, 2, 1, 2, 1])
clip.set_output()
`;
const ENCODE = 'ffmpeg -i - -c:v libx264 -preset medium -crf 20 CLIPGRID_OUTPUT.mkv';
const AGENTS = 3;

const film = resolve(process.argv[2] ?? 'test/media/bigbuckbunny.mp4');
const folder = resolve('.clipgrid/demo');
const say = (line: string): void => console.log(line);

async function demo(): Promise<boolean> {
  if (!existsSync(film)) throw new Error(`there is no film at ${film}`);
  await mkdir(folder, { recursive: true });
  say('starting PostgreSQL');
  const clock = systemClock;
  const ids = systemIds(() => clock.wallMs());
  const logger = createLogger('error');
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), clock, ids, logger });
  try {
    say(`starting one coordinator and ${AGENTS} agents, each a process of its own`);
    const processes = await startProcesses({ folder, databaseUrl: postgres.url, agents: AGENTS });
    try {
      const script = existsSync('.cache/vapoursynth/clipgrid.json') ? SCRIPT : '';
      if (script === '')
        say('no VapourSynth here (it needs Python 3.12 or newer): the film goes through unfiltered');
      const job = await submitFilm({ url: processes.url, film, script, encode: ENCODE, say });
      const state = await showProgress(processes.url, job, say);
      if (state !== 'succeeded') return false;
      const output = join(folder, `${basename(film).replace(/\.[^.]+$/, '')}-encoded.mkv`);
      return await verifyResult({ url: processes.url, job, film, output, say });
    } finally {
      say('stopping everything');
      await processes.stop();
    }
  } finally {
    await postgres.stop();
  }
}

try {
  process.exitCode = (await demo()) ? 0 : 1;
} catch (error) {
  console.error(`demo: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
