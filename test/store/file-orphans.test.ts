import { afterAll, beforeAll, expect, test } from 'vitest';
import { artifactKey } from '../../coordinator/domain/object-keys.ts';
import type { GrantedTask } from '../../coordinator/store/lease-store.ts';
import { postgresGarbageStore } from '../../coordinator/store/postgres/garbage-store.ts';
import { MAX_FILES } from '../../shared/file-names.ts';
import { createGridFixture, RULES, type GridFixture } from '../support/grid-fixture.ts';
import { PACKAGED, PACKAGED_FILM } from '../support/store-moves.ts';

let grid: GridFixture;
let session: string;
beforeAll(async () => {
  grid = await createGridFixture();
  session = await grid.agent('a');
});
afterAll(() => grid.close());

async function next(): Promise<GrantedTask> {
  const [task] = await grid.grant('a', session);
  if (task === undefined) throw new Error('nothing was granted');
  return task;
}

/** Commits a package of as many files as there can be. Returns their keys. */
async function pack({ kind, jobId, fence }: GrantedTask): Promise<string[]> {
  expect(kind).toBe('package');
  const { taskId, epoch } = fence;
  const artifacts = Array.from({ length: MAX_FILES }, (_, i) => {
    const sha256 = i.toString(16).padStart(64, '0');
    const key = artifactKey({ jobId, taskId, epoch, sha256 });
    return { name: `file/${i}.ts`, bucket: 'clipgrid', key, sha256, sizeBytes: 188 };
  });
  const output = { artifacts, result: { kind: { $case: 'package', value: PACKAGED } } } as const;
  const [outcome] = await grid.leases.commit([{ fence, agentId: 'a', output, logTail: '' }], RULES);
  expect(outcome).toMatchObject({ committed: true });
  return artifacts.map((artifact) => artifact.key);
}

test('thousands of files are no orphans, also when the segments are collected; those of a package that was redone are', async () => {
  const garbage = postgresGarbageStore(grid.db);
  const jobId = await grid.submit(PACKAGED_FILM);
  let task = await next();
  for (; task.kind !== 'package'; task = await next()) await grid.complete(task);
  const files = await pack(task);
  expect(await garbage.orphans(files)).toEqual([]);
  expect(await garbage.collectJobs({ endedMs: 0, failedMs: 0, limit: 10 })).toBe(1);
  expect(await garbage.orphans(files)).toEqual([]);

  await grid.pool.query('update jobs set collected_at = null');
  await grid.jobs.redoMerge(jobId, RULES);
  expect(await garbage.orphans(files)).toHaveLength(MAX_FILES);
  const newer = await pack(await next());
  expect((await garbage.orphans([...newer, ...files])).toSorted()).toEqual(files.toSorted());
});
