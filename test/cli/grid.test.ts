import { createHash } from 'node:crypto';
import { copyFile, open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ENDED_STATES } from '../../client/documents.ts';
import type {
  AgentDocument,
  JobDocument,
  JobPage,
  JobSummary,
  UploadDocument,
} from '../../client/documents.ts';
import { downloadResult, partialPath } from '../../client/download-result.ts';
import { createRestClient, type RestClient } from '../../client/rest-client.ts';
import { uploadFilm } from '../../client/upload-film.ts';
import { systemClock as clock } from '../../shared/clock.ts';
import { EXIT_CODES } from '../../shared/exit-codes.ts';
import { systemIds } from '../../shared/ids.ts';
import { bareEnvironment, runCli, type Ran } from '../support/command-line.ts';
import { probeFile } from '../support/probe.ts';
import { Processes } from '../support/processes.ts';
import { Program } from '../support/program.ts';
import { BIG_BUCK_BUNNY, vapourSynthPaths } from '../support/tools.ts';

// Real processes on a machine that may be busy.
vi.setConfig({ testTimeout: 150_000, hookTimeout: 150_000 });

const ids = systemIds(() => Date.now());
const signal = new AbortController().signal;
const ENCODE = 'ffmpeg -i - -c:v libx264 -preset ultrafast';
const PASS_THROUGH = `import os, vapoursynth as vs
vs.core.bs.VideoSource(os.environ['CLIPGRID_SOURCE']).set_output()
`;

let grid: Processes;
let url: string;
let client: RestClient;

beforeAll(async () => {
  grid = await Processes.start({ agents: 2 });
  url = grid.api.url.replace(/\/api\/v1$/, '');
  client = createRestClient({ url });
});
afterAll(() => grid.close());

const cli = (...args: string[]): Promise<Ran> => runCli(args, { CLIPGRID_URL: url });
const path = (name: string): string => join(grid.folder, name);

async function sha256(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}

describe('a job', () => {
  let job: JobSummary;

  test('submit --watch --output: from a film and a script to a whole file', async () => {
    const script = path('script.vpy');
    await writeFile(script, PASS_THROUGH);
    const withScript = vapourSynthPaths() === undefined ? [] : ['--script', script];
    const output = path('bunny.mkv');
    const ran = await cli(
      ...['submit', BIG_BUCK_BUNNY, ...withScript, '--encode', ENCODE, '--clip-seconds', '1.5'],
      ...['--name', 'Bunny', '--watch', '--output', output],
    );
    expect(ran).toMatchObject({ code: 0, stdout: `${output}\n` });
    expect(ran.stderr).toMatch(/uploading bigbuckbunny\.mp4 .*1\.0 MiB of 1\.0 MiB/);
    expect(ran.stderr).toMatch(/clip 2 \[88, 132\).*agent-\d +succeeded 44\/44 frames/);
    expect(ran.stderr).toMatch(/job \S+ succeeded\n$/);
    const streams = probeFile(output).streams.map((stream) => stream.codec_type);
    expect(streams).toEqual(['video', 'audio']);
    const page = await client.get<JobPage>('/jobs');
    expect(page.jobs).toHaveLength(1);
    job = page.jobs[0]!;
    expect(job).toMatchObject({ name: 'Bunny', state: 'succeeded', frames_total: 132, clips_total: 3 });
    expect(await sha256(output)).toBe(job.result?.sha256);
  });

  test('logs: what the tools of one clip, of all tasks, and of an unknown one printed', async () => {
    const clip = await cli('logs', job.job_id, '--task', '1');
    expect(clip).toMatchObject({ code: 0, stderr: '' });
    expect(clip.stdout).toMatch(/libx264/);
    expect(clip.stdout).not.toMatch(/\/work\/|127\.0\.0\.1:\d+\/[^.]/);
    const all = await cli('logs', job.job_id);
    expect(all.stdout).toMatch(/^==> encode 2 <==$/m);
    const { tasks } = await client.get<JobDocument>(`/jobs/${job.job_id}`);
    const merge = tasks.find((task) => task.kind === 'encode')!;
    const json = await cli('logs', merge.task_id, '--json');
    const { logs } = JSON.parse(json.stdout) as { logs: object[] };
    expect(logs).toMatchObject([{ task_id: merge.task_id, attempt: 1, attempts: [1], state: 'succeeded' }]);
    const followed = await cli('logs', merge.task_id, '--follow');
    expect(followed).toMatchObject({ code: 0 });
    expect(followed.stdout).toMatch(/libx264/);
    expect(await cli('logs', 'nothing')).toMatchObject({ code: EXIT_CODES.notFound.code });
    const wrong = await cli('logs', job.job_id, '--task', 'poem');
    expect(wrong).toMatchObject({ code: EXIT_CODES.usage.code });
    expect(wrong.stderr).toMatch(/no task poem: .*index, .*encode, .*merge/);
  });

  test('download goes on where it was, checks what it has, and fetches anew what is wrong', async () => {
    const output = path('resumed.mkv');
    const { sha256: wanted, size_bytes: size } = job.result!;
    const part = partialPath(output, wanted);
    const half = Math.floor(size / 2);
    const fetchIt = async (): Promise<{ first: number; notes: string[] }> => {
      const [done, notes]: [number[], string[]] = [[], []];
      const onBytes = (bytes: number): void => void done.push(bytes);
      await downloadResult(job, {
        client,
        output,
        clock,
        ids,
        signal,
        onBytes,
        onNote: (line) => notes.push(line),
      });
      return { first: done[0] ?? -1, notes };
    };
    await copyFile(path('bunny.mkv'), part);
    await truncate(part, half);
    expect(await fetchIt()).toEqual({ first: half, notes: [] });
    expect(await sha256(output)).toBe(wanted);
    await rm(output);
    await writeFile(part, Buffer.alloc(half, 'x'));
    expect((await fetchIt()).notes).toEqual([expect.stringContaining('not right; fetching all of it again')]);
    expect(await sha256(output)).toBe(wanted);
    expect((await fetchIt()).notes).toEqual([`${output} is the whole result already`]);
    expect((await readdir(grid.folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('download -o and --json: a path that cannot be written is named', async () => {
    const ran = await cli('download', job.job_id, '-o', path('copy.mkv'), '--json');
    expect(JSON.parse(ran.stdout)).toEqual({ job_id: job.job_id, path: path('copy.mkv'), ...job.result });
    const bad = await cli('download', job.job_id, '-o', '/nowhere/x.mkv');
    expect(bad.code).toBe(EXIT_CODES.usage.code);
    expect(bad.stderr).toContain('/nowhere/x.mkv');
  });

  test('job and jobs, for people and for machines', async () => {
    const one = await cli('job', job.job_id);
    expect(one.stdout).toMatch(/^Bunny {2}#{20} {2}succeeded/);
    expect(one.stdout).toContain('SHA-256 ' + job.result?.sha256);
    expect(one.stdout.match(/clip \d/g)).toHaveLength(3);
    const document = JSON.parse((await cli('job', job.job_id, '--json')).stdout) as JobDocument;
    expect(document.tasks.length).toBeGreaterThanOrEqual(5);
    expect(document.salvage).toMatch(/^(yes$|no)/);
    expect(one.stdout).toContain(`\n  salvage  ${document.salvage}\n`);
    const table = (await cli('jobs')).stdout.split('\n');
    expect(table[0]).toMatch(/^JOB +STATE +PROGRESS +CLIPS +NAME$/);
    expect(table[1]).toMatch(new RegExp(`^${job.job_id} +succeeded +#{10} 100\\.0 % +3/3 +Bunny$`));
    expect((await cli('jobs', '--state', 'failed')).stdout).toBe('no jobs\n');
  });

  test('watch of one that has ended tells its end; --json has a document on every line', async () => {
    const ran = await cli('watch', job.job_id, '--json');
    const lines = ran.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; job: JobDocument });
    expect(lines.at(-1)).toMatchObject({ event: 'end', job: { job_id: job.job_id, state: 'succeeded' } });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
  });

  test('delete takes it away; then nobody knows it', async () => {
    const extra = await cli('submit', BIG_BUCK_BUNNY, '--encode', ENCODE, '--whole');
    const id = extra.stdout.trim();
    expect(extra.stderr).toContain(`clipgrid watch ${id}`);
    expect((await cli('cancel', id)).stdout).toBe(`${id} cancelled\n`);
    expect(await cli('watch', id)).toMatchObject({ code: EXIT_CODES.failed.code });
    expect((await cli('retry', id)).code).toBe(0);
    expect(await cli('watch', id)).toMatchObject({ code: 0, stdout: `job ${id} succeeded\n` });
    expect(JSON.parse((await cli('delete', id, '--json')).stdout)).toEqual({
      jobs: [{ job_id: id, deleted: true }],
    });
    const gone = await cli('job', id, '--json');
    expect(gone.code).toBe(EXIT_CODES.notFound.code);
    expect(JSON.parse(gone.stdout)).toMatchObject({ error: { code: 'not_found', exit_code: gone.code } });
    expect(gone.stderr).toContain(id);
  });

  test('one that fails ends with 1, says why, and leaves no file', async () => {
    const film = path('text.mkv');
    await writeFile(film, 'this is no film');
    const ran = await cli('submit', film, '--encode', ENCODE, '--output', path('no.mkv'));
    expect(ran.code).toBe(EXIT_CODES.failed.code);
    expect(ran.stderr).toMatch(
      /job \S+ failed\nfailed in index: the file is no video.* \(source_unreadable\)/,
    );
    await expect(stat(path('no.mkv'))).rejects.toThrow('ENOENT');
  });

  test('Ctrl-C ends the watching, not the job', async () => {
    const env = { ...bareEnvironment(), CLIPGRID_URL: url };
    const args = [
      'cli/main.ts',
      'submit',
      BIG_BUCK_BUNNY,
      '--encode',
      `ffmpeg -re -i - -c:v libx264`,
      '--watch',
    ];
    const watcher = new Program({ name: 'submit', args, env, ready: '' });
    watcher.launch();
    const { msg } = await watcher.seen((line) => /^job \S+$/.test(line.msg));
    await watcher.seen((line) => line.msg.includes('index'));
    watcher.signal('SIGINT');
    expect(await watcher.exited).toEqual({ code: EXIT_CODES.interrupted.code, signal: null });
    const id = msg.slice('job '.length);
    expect(watcher.tail()).toContain(`the job goes on: clipgrid watch ${id}`);
    const { state } = await client.get<JobSummary>(`/jobs/${id}`);
    expect(ENDED_STATES.has(state), state).toBe(false);
    await cli('cancel', id);
  });

  test('one that no agent can do says so at once', async () => {
    const ran = await cli('submit', BIG_BUCK_BUNNY, '--encode', 'ffmpeg -i - -c:v hevc_nvenc');
    expect(ran.code).toBe(0);
    const { waiting } = JSON.parse((await cli('job', ran.stdout.trim(), '--json')).stdout) as JobDocument;
    expect(waiting).toContain('hevc_nvenc');
    await cli('cancel', ran.stdout.trim());
  });

  test('a request that the coordinator finds wrong names the field', async () => {
    const ran = await cli('submit', BIG_BUCK_BUNNY, '--encode', 'rm -rf /', '--json');
    expect(ran.code).toBe(EXIT_CODES.usage.code);
    const { error } = JSON.parse(ran.stdout) as { error: { message: string; errors: { field: string }[] } };
    expect(error.errors[0]?.field).toBe('encode');
  });

  test('the same idempotency key submits once, and only for the same job', async () => {
    const submit = (...more: string[]) => cli('submit', BIG_BUCK_BUNNY, ...more, '--idempotency-key', 'k1');
    const first = (await submit('--encode', ENCODE)).stdout.trim();
    expect((await submit('--encode', ENCODE)).stdout.trim()).toBe(first);
    expect((await submit('--encode', ENCODE, '--name', basename(BIG_BUCK_BUNNY))).stdout.trim()).toBe(first);
    const uploads = async () =>
      (await client.get<{ uploads: UploadDocument[] }>('/uploads')).uploads.map((one) => one.upload_id);
    const before = await uploads();
    const script = path('other.vpy');
    await writeFile(script, 'import vapoursynth');
    for (const others of [
      ['--encode', 'x264 - -o CLIPGRID_OUTPUT.mkv'],
      ['--encode', ENCODE, '--script', script],
      ['--encode', ENCODE, '--container', 'mp4'],
      ['--encode', ENCODE, '--priority', '7'],
      ['--encode', ENCODE, '--name', 'another'],
      ['--encode', ENCODE, '--whole'],
      ['--encode', ENCODE, '--timeout', '60'],
      ['--encode', ENCODE, '--audio', 'ffmpeg -i CLIPGRID_AUDIO.mkv -c:a aac'],
    ]) {
      const other = await submit(...others);
      expect([others, other.code]).toEqual([others, EXIT_CODES.refused.code]);
      expect(other.stderr).toContain(first);
    }
    const film = path(basename(BIG_BUCK_BUNNY));
    await writeFile(film, 'a film of another size');
    const another = await cli('submit', film, '--encode', ENCODE, '--idempotency-key', 'k1');
    expect(another.code).toBe(EXIT_CODES.refused.code);
    expect(await uploads()).toEqual(before);
    await cli('cancel', first);
  });
});

test('jobs --limit and --all go through the pages', async () => {
  const { jobs } = await client.get<JobPage>('/jobs?limit=1000');
  expect(jobs.length).toBeGreaterThan(2);
  const some = await cli('jobs', '--limit', '2');
  expect(some.stdout).toContain('there are more: --limit N, or --all');
  const all = JSON.parse((await cli('jobs', '--all', '--json')).stdout) as JobPage;
  expect(all.jobs.map((one) => one.job_id)).toEqual(jobs.map((one) => one.job_id));
});

test('agents and drain: by name, by the beginning of the id, and undone', async () => {
  const table = (await cli('agents')).stdout;
  expect(table).toMatch(/^AGENT +ID +STATE +BUSY/);
  expect(table).toMatch(/^agent-1 +\S+ +online +\d\/1 /m);
  const { agents } = JSON.parse((await cli('agents', '--json')).stdout) as { agents: AgentDocument[] };
  expect(agents).toHaveLength(2);
  const { agent_id: id } = agents.find((agent) => agent.name === 'agent-2')!;
  expect((await cli('drain', 'agent-2', '--deadline', '90')).stdout).toMatch(
    /^agent-2 takes nothing new and finishes \d tasks?, for 1 min 30 s at most\n$/,
  );
  expect((await cli('agents')).stdout).toMatch(/^agent-2 +\S+ +draining/m);
  expect((await cli('drain', id, '--undo')).stdout).toBe('agent-2 takes tasks again\n');
  const unknown = await cli('drain', 'agent-9');
  expect(unknown.code).toBe(EXIT_CODES.notFound.code);
  expect(unknown.stderr).toContain('there is no agent "agent-9"; there are: agent-1, agent-2');
});

test('a large film goes up in parts; what is there and right is not sent again', async () => {
  const film = path('large.mkv');
  const partBytes = 16 * 1024 * 1024;
  const file = await open(film, 'w');
  for (let part = 0; part < 5; part++) await file.write(Buffer.alloc(partBytes, `part ${part}`));
  await file.write('the end');
  await file.close();
  const size = 5 * partBytes + 'the end'.length;
  const upload = await client.post<UploadDocument>('/uploads', { name: 'large.mkv', size_bytes: size });
  const { urls } = await client.post<{ urls: string[] }>(`/uploads/${upload.upload_id}/parts`, {
    parts: [1, 2],
  });
  await fetch(urls[0]!, { method: 'PUT', body: Buffer.alloc(partBytes, 'part 0') });
  await fetch(urls[1]!, { method: 'PUT', body: Buffer.alloc(partBytes, 'wrong') });
  const done: number[] = [];
  const notes: string[] = [];
  const id = await uploadFilm({
    ...{ client, file: film, clock, ids, signal },
    onBytes: (bytes) => done.push(bytes),
    onNote: (line) => notes.push(line),
  });
  expect(id).toBe(upload.upload_id);
  expect(notes).toEqual(['going on with an earlier upload: 1 parts are there']);
  expect([done[0], done.at(-1)]).toEqual([partBytes, size]);
  const { state } = await client.get<UploadDocument>(`/uploads/${id}`);
  expect(state).toBe('complete');
  const names = await readdir(path('data'), { recursive: true });
  const sizes = await Promise.all(
    names.map(async (name) => ({ name, size: (await stat(join(path('data'), name))).size })),
  );
  const stored = sizes.filter((one) => one.size === size);
  expect(stored).toHaveLength(1);
  expect(await sha256(join(path('data'), stored[0]!.name))).toBe(await sha256(film));
});

test('doctor finds the coordinator, its agents, and that its ports are taken by it', async () => {
  const port = new URL(url).port;
  const ran = await cli(
    'doctor',
    '--only',
    'coordinator,ports',
    '--port',
    port,
    '--json',
    '--finalrip-port',
    '0',
  );
  const { findings } = JSON.parse(ran.stdout) as {
    findings: { name: string; verdict: string; detail: string }[];
  };
  const of = (name: string) => findings.find((one) => one.name.startsWith(name));
  expect(of('coordinator')).toMatchObject({ verdict: 'ok' });
  expect(of('agents')).toMatchObject({
    verdict: 'ok',
    detail: expect.stringContaining('2 of 2 online') as string,
  });
  expect(of(`port ${port}`)).toMatchObject({
    verdict: 'ok',
    detail: expect.stringContaining('a clipgrid coordinator') as string,
  });
});
