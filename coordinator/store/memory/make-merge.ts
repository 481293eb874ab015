import { assert } from '../../../shared/errors.ts';
import type { MakeMerge } from '../../domain/job-tree.ts';
import type { StageRules } from '../lease-store.ts';
import type { JobRecord, TaskRecord } from './records.ts';
import type { MemoryState } from './state.ts';

/** How a job's merge task is made, of what its parts left (L10). */
export function makeMerge(state: MemoryState, record: JobRecord, rules: StageRules): MakeMerge<TaskRecord> {
  return ({ job, tasks }) => {
    const { plan } = record;
    assert(plan !== undefined, 'a job that is merged has a plan');
    const parts = [...tasks.values()].toSorted((a, b) => a.clipIndex - b.clipIndex);
    const outputs = (kind: string) =>
      parts.flatMap(({ kind: of, output, parts: saved }) =>
        of === kind && output ? [{ ...output, parts: saved }] : [],
      );
    const audio = outputs('audio')[0];
    const task = rules.merge({
      spec: record.input.spec,
      plan,
      encodes: outputs('encode'),
      ...(audio ? { audio } : {}),
    });
    return state.newTask(job.jobId, { ...task, taskId: rules.newTaskId() });
  };
}
