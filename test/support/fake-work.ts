import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { LeaseGrant } from '../../shared/gen/clipgrid/v1/lease.ts';
import type { TaskResult } from '../../shared/gen/clipgrid/v1/task.ts';
import type { FakeAgent } from './fake-agent.ts';
import { closedIndex, FORMAT } from './grid-fixture.ts';

/** What each kind of task brings: the name of its artifact, and bytes that the coordinator takes for it. */
function workOf(grant: LeaseGrant): { name: string; bytes: Buffer; result: TaskResult } {
  const kind = grant.spec?.kind;
  const unique = Buffer.from(`${kind?.$case} of ${grant.fence?.leaseId}`);
  switch (kind?.$case) {
    case 'index': {
      const value = { frameCount: 100, durationSeconds: 4, format: FORMAT, hasSidecar: false, probeJson: '' };
      const bytes = gzipSync(JSON.stringify(closedIndex(4)));
      return { name: 'index', bytes, result: { kind: { $case: 'index', value } } };
    }
    case 'encode': {
      const frames = kind.value.cut?.framePts.length ?? 0;
      const counts = {
        frameCount: frames,
        inputFrames: frames,
        encodeSeconds: 1,
        fetchedBytes: 0,
        outputRate: undefined,
        resumedFrames: 0,
      };
      const value = { ...counts, format: FORMAT, extradataSha256: '' };
      return { name: 'segment', bytes: unique, result: { kind: { $case: 'encode', value } } };
    }
    case 'merge': {
      const value = { frameCount: kind.value.frameCount, durationSeconds: 4, format: FORMAT };
      return { name: 'result', bytes: unique, result: { kind: { $case: 'merge', value } } };
    }
    case 'audio':
    case 'clip':
    case 'probe':
    case 'preview':
    case 'media':
    case 'package':
    case undefined:
      throw new Error(`no fake work for ${kind?.$case}`);
  }
}

/** Announces and uploads what the task brings, as an agent does. Returns what a completion then says. */
export async function uploadWork(agent: FakeAgent, grant: LeaseGrant, content?: Buffer) {
  const { name, bytes: own, result } = workOf(grant);
  const bytes = Buffer.from(content ?? own);
  const hash = (algorithm: string): string => createHash(algorithm).update(bytes).digest('hex');
  const artifact = { name, sha256: hash('sha256'), md5: hash('md5'), sizeBytes: bytes.length };
  const { fence } = grant;
  agent.send({ $case: 'uploadRequest', value: { fence, artifacts: [artifact] } });
  const { targets, error } = await agent.next('uploadGrant');
  const [target] = targets;
  if (target === undefined) throw new Error(`no upload was granted: ${error}`);
  const put = await fetch(target.url, { method: 'PUT', headers: target.headers, body: bytes });
  if (!put.ok) throw new Error(`the upload failed: ${put.status} ${await put.text()}`);
  return { target, complete: { fence, artifacts: [artifact], result, logTail: '' } };
}

/** Does one task from its grant to its commit. */
export async function doTask(agent: FakeAgent, grant: LeaseGrant, content?: Buffer): Promise<void> {
  const { complete } = await uploadWork(agent, grant, content);
  agent.send({ $case: 'complete', value: complete });
  const { committed, error } = await agent.next('commitResult');
  if (!committed) throw new Error(`the commit was refused: ${error}`);
}

/** Takes and does tasks until it has done one of kind `last`. `content`: the bytes of that one. */
export async function workUntil(
  agent: FakeAgent,
  last: 'index' | 'encode' | 'merge',
  content?: Buffer,
): Promise<void> {
  for (;;) {
    const grant = await agent.next('grant');
    const done = grant.spec?.kind?.$case === last;
    await doTask(agent, grant, done ? content : undefined);
    if (done) return;
  }
}
