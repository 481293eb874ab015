import { stat } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { bytesText } from '../cli/bars.ts';
import { createProgressView } from '../cli/progress-view.ts';
import { createRestClient, type RestClient } from '../client/rest-client.ts';
import { catchSignals, followLauncher } from '../cli/signals.ts';
import { processOutput } from '../cli/terminal.ts';
import { startLocalGrid } from '../cli/up/local-grid.ts';
import { watchJob } from '../client/watch-job.ts';
import { failureLines } from '../cli/commands/job.ts';
import { eventLine } from '../cli/up/run-up.ts';
import type { JobDocument, JobSummary, UploadDocument } from '../client/documents.ts';
import { downloadResult } from '../client/download-result.ts';
import { uploadFilm } from '../client/upload-film.ts';
import { freePort } from '../coordinator/store/postgres/embedded/spawn-server.ts';
import { systemClock } from '../shared/clock.ts';
import { toGridError } from '../shared/errors.ts';
import { EXIT_CODES } from '../shared/exit-codes.ts';
import { systemIds } from '../shared/ids.ts';
import { createLogger } from '../shared/logger.ts';
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

const ROOT = join(import.meta.dirname, '..');
const FOLDER = join(ROOT, '.clipgrid/demo');
const clock = systemClock;
const ids = systemIds(() => clock.wallMs());
const out = processOutput(process.stdout);
const say = (line: string): void => console.log(line);

/** The film of the command line, as seen from where npm was called; else the bundled one. */
async function filmPath(argument: string | undefined): Promise<string> {
  const bundled = join(ROOT, 'test/media/bigbuckbunny.mp4');
  const film = argument === undefined ? bundled : resolve(process.env['INIT_CWD'] ?? '.', argument);
  const info = await stat(film).catch(() => undefined);
  if (info === undefined) throw new Error(`there is no film at ${film}`);
  if (!info.isFile()) throw new Error(`${film} is not a file`);
  return film;
}

function demoScript(): string {
  const cache = process.env['CLIPGRID_CACHE'] ?? join(ROOT, '.cache');
  if (existsSync(join(cache, 'vapoursynth/clipgrid.json'))) return SCRIPT;
  say('no VapourSynth here (it needs Python 3.12 or newer): the film goes through unfiltered');
  return '';
}

/** Uploads, submits and watches over REST, as any client would. Returns the ended job. */
async function encode(client: RestClient, film: string, signal: AbortSignal): Promise<JobDocument> {
  say(`uploading ${basename(film)} (${bytesText((await stat(film)).size)}) over REST`);
  const upload = await uploadFilm({ client, file: film, clock, ids, signal, onBytes: () => undefined });
  say(`submitting: ${ENCODE}`);
  const request = { upload_id: upload, script: demoScript(), encode: ENCODE };
  const { job_id: jobId } = await client.post<JobSummary>('/jobs', request);
  const view = createProgressView({ ...out, isTTY: false });
  return watchJob(jobId, {
    client,
    clock,
    ids,
    signal,
    onUpdate: (job) => view.show(job),
    onLost: view.note,
  });
}

/** The copy that was downloaded is enough: demos must not fill the disk. */
async function forget(client: RestClient, jobId: string): Promise<void> {
  await client.remove(`/jobs/${jobId}`);
  const { uploads } = await client.get<{ uploads: UploadDocument[] }>('/uploads');
  for (const { upload_id: id } of uploads) await client.remove(`/uploads/${id}`);
}

async function demo(film: string, signal: AbortSignal): Promise<boolean> {
  const grid = await startLocalGrid({
    folder: FOLDER,
    agents: AGENTS,
    slots: 1,
    httpPort: await freePort(),
    grpcPort: await freePort(),
    finalripPort: 0,
    environment: { ...process.env, CLIPGRID_HOST: '127.0.0.1', CLIPGRID_AUTH: 'none', CLIPGRID_DRAIN_S: '0' },
    clock,
    ids,
    logger: createLogger('error'),
    signal,
    stopping: () => signal.aborted,
    onEvent: (event) => say(eventLine(event)),
  });
  try {
    const client = createRestClient({ url: grid.url, signal });
    const job = await encode(client, film, signal);
    if (job.state !== 'succeeded') {
      say([`the job ${job.state}`, ...failureLines(job.failure)].join('\n'));
      return false;
    }
    const output = join(FOLDER, `${basename(film).replace(/\.[^.]+$/, '')}-encoded.mkv`);
    say('downloading and verifying the result');
    await downloadResult(job, { client, output, clock, ids, signal, onBytes: () => undefined, onNote: say });
    const verified = await verifyResult({ film, output, signal, say });
    await forget(client, job.job_id);
    return verified;
  } finally {
    say('stopping everything');
    await grid.stop();
  }
}

followLauncher(process.env['CLIPGRID_LAUNCHER']);
const { leave, quit } = catchSignals();
quit.addEventListener('abort', () => process.exit(EXIT_CODES.interrupted.code));
try {
  const verified = await demo(await filmPath(process.argv[2]), leave);
  process.exitCode = leave.aborted ? EXIT_CODES.interrupted.code : verified ? 0 : 1;
} catch (thrown) {
  console.error(`demo: ${toGridError(thrown).message}`);
  process.exitCode = leave.aborted ? EXIT_CODES.interrupted.code : 1;
}
process.exit();
