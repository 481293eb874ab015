import type { TaskView } from '../domain/task.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import type { JobStore } from '../store/job-store.ts';

export interface CollectorDeps {
  readonly jobs: JobStore;
  readonly objects: ObjectStore;
  readonly collectAfterMs: number;
}

const BATCH = 20;

function artifactsOf(tasks: readonly TaskView[]): { bucket: string; key: string }[] {
  return tasks.flatMap((task) => task.output?.artifacts ?? []).map(({ bucket, key }) => ({ bucket, key }));
}

/** Removes the segments, index and sidecar of ended jobs, and all objects of removed ones. The result stays. */
export async function collect({ jobs, objects, collectAfterMs }: CollectorDeps): Promise<number> {
  let collected = 0;
  for (const { jobId, resultKey } of await jobs.toCollect(collectAfterMs, BATCH)) {
    const refs = artifactsOf(await jobs.tasks(jobId)).filter((ref) => ref.key !== resultKey);
    await jobs.markCollected(jobId);
    await objects.remove(refs);
    collected += refs.length;
  }
  for (const { id, refs } of await jobs.garbage(BATCH)) {
    await objects.remove(refs);
    await jobs.dropGarbage(id);
    collected += refs.length;
  }
  return collected;
}
