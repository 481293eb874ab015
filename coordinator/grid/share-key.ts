import { createHash } from 'node:crypto';
import { commonWork } from '../../shared/common-work.ts';
import type { NewTask } from '../domain/task.ts';

/**
 * The task with its share key: the same for tasks that begin with the same work, among jobs that stand on one index, so that
 * what they have in common is the same bytes. Without one it has nothing in common with others.
 */
export function withShareKey(task: NewTask, indexOf: string): NewTask {
  const common = commonWork(task.spec);
  if (common === undefined) return task;
  return { ...task, shareKey: `${indexOf}/${createHash('sha256').update(common).digest('base64url')}` };
}
