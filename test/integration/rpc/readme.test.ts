import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { AdminServiceService } from '../../../shared/gen/clipgrid/v1/admin.ts';
import { DynamicAgent } from '../../support/dynamic-agent.ts';
import { submitJob } from '../../support/rpc-jobs.ts';
import { startRunningGrid, type RunningGrid } from '../../support/running-grid.ts';

const README = readFileSync('coordinator/rpc/README.md', 'utf8');
const [SETTINGS = '', ...LINES] = /```\n([^`]*)```/.exec(README)?.[1]?.trim().split('\n') ?? [];

test('each line of the gRPC README works as it stands', { timeout: 120_000 }, async () => {
  expect(LINES.length).toBeGreaterThan(8);
  // The agent, played by hand, renews no lease.
  const running = await startRunningGrid({ agents: 0, settings: { leaseTtlMs: 300_000 } });
  const agent = new DynamicAgent(running.rpc.port);
  try {
    await agent.greet();
    // The agent has room for one task: it takes the first job's, and the second one waits.
    const busyId = await submitJob(running);
    const taken = (await agent.next('grant'))['fence'] as { task_id: string };
    expect((await running.grid.jobs.task(taken.task_id)).jobId).toBe(busyId);
    const jobId = await submitJob(running);
    const doneId = await endedJob(running);
    const previewId = await openPreview(running);
    const film = { ownerId: 'local', name: 'film.mkv' };
    const { upload, url } = await running.grid.uploads.create(film);
    const { upload: unused } = await running.grid.uploads.create(film);
    const variables = {
      ...{ AGENT: agent.agentId, JOB: jobId, TASK: taken.task_id, DONE: doneId, PREVIEW: previewId },
      ...{ UPLOAD: upload.uploadId, UPLOAD_URL: `'${url}'`, FILM: 'LICENSE', NAME: 'ann' },
    };
    const token = { uses: 1, expiresS: 60, createdBy: 'a test' };
    const { tokenId } = await running.grid.enrolment.createJoinToken(token);
    // The alias becomes a function, which a script may use; the port is the test's.
    const head = SETTINGS.replace('7070', String(running.rpc.port)).replace(
      /alias ([\w-]+)='(.*)'$/,
      '$1() { $2 "$$@"; }',
    );
    for (const line of LINES) {
      // One that a job reads cannot be deleted.
      if (line.includes('DeleteUpload')) variables.UPLOAD = unused.uploadId;
      const said = Object.entries({ ...variables, JOIN_TOKEN_ID: tokenId }).map(
        ([name, value]) => `${name}=${value}`,
      );
      const script = `${head}\n${said.join('\n')}\n${line}`;
      // Without --norc a bash whose standard input is a socket reads the system's start-up file.
      const { stdout, stderr } = await promisify(execFile)('bash', ['--norc', '-euc', script]);
      expect(stderr, line).toBe('');
      expect(stdout.trim(), line).not.toBe('');
    }
  } finally {
    agent.close();
    await running.close();
  }
});

/** A job that has a result: what made it does not matter here. */
async function endedJob(running: RunningGrid): Promise<string> {
  const jobId = await submitJob(running);
  const result = { name: 'result', bucket: 'clipgrid', key: 'a result', sha256: 'ab', sizeBytes: 1 };
  const picture = { name: 'thumbnail', sha256: 'ab', ...(await running.putSource('LICENSE')) };
  await running.pool.query(
    `update tasks set kind = 'encode', clip_index = 0, state = 'succeeded', output = $2 where job_id = $1`,
    [jobId, JSON.stringify({ artifacts: [picture] })],
  );
  await running.pool.query(
    `update jobs set state = 'succeeded', finished_at = now(), result = $2 where job_id = $1`,
    [jobId, JSON.stringify(result)],
  );
  return jobId;
}

async function openPreview(running: RunningGrid): Promise<string> {
  const source = await running.putSource('LICENSE');
  const script = { text: '', sourceVariable: 'CLIPGRID_SOURCE', sourceName: 'CLIPGRID_SOURCE.mkv' };
  const spec = { shape: 'preview', source, script, atS: 0 } as const;
  const job = { ownerId: 'me', dialect: 'grid', name: 'film.mkv', priority: 0, spec };
  return (await running.grid.jobs.submit(job)).jobId;
}

test('the README has a line for every call of the admin service', () => {
  const methods = Object.values(AdminServiceService).map((method) => method.path.split('/').at(-1));
  const told = LINES.map((line) => /AdminService\/(\w+)/.exec(line)?.[1]);
  expect(methods.filter((method) => !told.includes(method))).toEqual([]);
});
