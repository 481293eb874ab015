import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { DynamicAgent } from '../../support/dynamic-agent.ts';
import { submitJob } from '../../support/rpc-jobs.ts';
import { startRunningGrid } from '../../support/running-grid.ts';

const README = readFileSync('coordinator/rpc/README.md', 'utf8');
const [SETTINGS = '', ...LINES] = /```\n([^`]*)```/.exec(README)?.[1]?.trim().split('\n') ?? [];

test('each line of the gRPC README works as it stands', { timeout: 90_000 }, async () => {
  expect(LINES.length).toBeGreaterThan(8);
  const running = await startRunningGrid({ agents: 0 });
  const agent = new DynamicAgent(running.rpc.port);
  try {
    await agent.greet({ capabilities: [] });
    const jobId = await submitJob(running);
    const [task] = await running.grid.jobs.tasks(jobId);
    const token = { uses: 1, expiresS: 60, createdBy: 'a test' };
    const { tokenId } = await running.grid.enrolment.createJoinToken(token);
    // The alias becomes a function, which a script may use; the port is the test's.
    const head = SETTINGS.replace('7070', String(running.rpc.port)).replace(
      /alias ([\w-]+)='(.*)'$/,
      '$1() { $2 "$$@"; }',
    );
    for (const line of LINES) {
      const script = `${head}\nAGENT=${agent.agentId}; JOB=${jobId}; TASK=${task?.taskId}; JOIN_TOKEN_ID=${tokenId}; NAME=ann\n${line}`;
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
