import { sql } from 'kysely';
import { GridError } from '../../../shared/errors.ts';
import { isUuid } from '../../../shared/ids.ts';
import type { Failure, JobState } from '../../domain/job.ts';
import { checkCancel } from '../../domain/job-machine.ts';
import { roleOf } from '../../domain/task-kinds.ts';
import type { TaskKind } from '../../domain/task.ts';
import type { JobStore } from '../job-store.ts';
import type { Db, Transaction } from '../transaction.ts';
import { cancelTasks, failJob, notifyRevoked } from './end-job.ts';
import { clipsOfJob, openWork, stampOf, thumbnailOfClip } from './clip-reads.ts';
import { exportClip } from './export-clip.ts';
import {
  briefTasksOfJob,
  filesOfJob,
  getJob,
  knownSource,
  getTask,
  listJobs,
  listTasks,
  noJob,
  noTask,
  outcomeOfTask,
  tasksOfAgent,
  tasksOfJob,
} from './job-reads.ts';
import { progressOfJobs, runningJobs, someJobs } from './feed-reads.ts';
import { removeJob } from './remove-job.ts';
import { factsOf, lockJob, redoClip, redoMerge, retryJob } from './reopen.ts';
import { notify, say } from './say.ts';
import { submit } from './submit.ts';

function inside<T>(db: Db, tx: Transaction | undefined, work: (tx: Transaction) => Promise<T>): Promise<T> {
  return tx ? work(tx) : db.transaction().execute(work);
}

function checkId(id: string, error: (id: string) => GridError): void {
  if (!isUuid(id)) throw error(id);
}

async function cancel(tx: Transaction, jobId: string, ownerId?: string): Promise<void> {
  checkCancel(factsOf(await lockJob(tx, jobId, ownerId)));
  await cancelTasks(tx, jobId, 'cancelled');
  await sql`update jobs set state = 'cancelled', finished_at = now() where job_id = ${jobId}::uuid`.execute(
    tx,
  );
  await say(tx, { type: 'job.state', jobId, data: { state: 'cancelled' } });
}

interface LockedTask {
  task_id: string;
  job_id: string;
  kind: TaskKind;
  clip_index: number;
  state: string;
  epoch: number;
  lease_id: string;
  session_id: string | null;
}

async function lockTask(tx: Transaction, taskId: string): Promise<LockedTask> {
  await sql`select 1 from jobs where job_id = (select job_id from tasks where task_id = ${taskId}::uuid)
    for no key update`.execute(tx);
  const { rows } = await sql<LockedTask>`
    select task_id, job_id, kind, clip_index, state, epoch, lease_id, session_id from tasks
    where task_id = ${taskId}::uuid for update`.execute(tx);
  const task = rows[0];
  if (task === undefined) throw noTask(taskId);
  return task;
}

async function cancelTask(tx: Transaction, taskId: string): Promise<void> {
  const task = await lockTask(tx, taskId);
  if (task.state !== 'ready' && task.state !== 'leased') {
    throw new GridError('failed_precondition', `task ${taskId} has ended already: it is ${task.state}`);
  }
  const stage = task.kind;
  const failure: Failure = {
    code: 'cancelled',
    stage,
    message: `an administrator cancelled the ${task.kind} task`,
    log: '',
    ...(task.clip_index >= 0 ? { clipIndex: task.clip_index } : {}),
  };
  if (roleOf(task.kind) === 'aside') return cancelExport(tx, task, failure);
  await failJob(tx, task.job_id, failure);
}

/** A clip that was only to be looked at: the film goes on. */
async function cancelExport(tx: Transaction, task: LockedTask, failure: Failure): Promise<void> {
  await sql`
    update tasks set state = 'cancelled', epoch = epoch + 1, lease_expires_at = null, finished_at = now(),
      failure = ${JSON.stringify(failure)}::jsonb where task_id = ${task.task_id}::uuid`.execute(tx);
  await say(tx, { type: 'task.cancelled', jobId: task.job_id, taskId: task.task_id });
  await notifyRevoked(tx, [task], 'cancelled');
}

/** A running task again: it goes back to the queue and the attempt is revoked. A failed one needs its job: `retry`. */
async function retryTask(tx: Transaction, taskId: string): Promise<void> {
  const task = await lockTask(tx, taskId);
  if (task.state !== 'leased') {
    throw new GridError(
      'failed_precondition',
      `task ${taskId} is ${task.state}: only a running task can be started again; retry its job`,
    );
  }
  await sql`
    update tasks set state = 'ready', epoch = epoch + 1, ready_at = now(), lease_expires_at = null, lease_id = null,
      attempts = 0, lost = 0, failed_agents = '{}', frames_done = 0, fps = 0, speed = 0, phase = '', log_tail = '', failure = null,
      parts = '[]'
    where task_id = ${taskId}::uuid`.execute(tx);
  await notifyRevoked(tx, [task], 'superseded');
  await notify(tx, { wake: 'tasks' });
}

/** Jobs and tasks on PostgreSQL. */
export function postgresJobStore(db: Db): JobStore {
  const run = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> => db.transaction().execute(work);
  return {
    submit: (job, tx) => inside(db, tx, (inner) => submit(inner, job)),
    get: (jobId, ownerId, tx) => getJob(tx ?? db, jobId, ownerId),
    knownSource: (jobId, ownerId) => knownSource(db, jobId, ownerId),
    list: (query) => listJobs(db, query),
    some: (jobIds) => someJobs(db, jobIds),
    progress: (jobIds) => progressOfJobs(db, jobIds),
    running: () => runningJobs(db),
    tasks: (jobId) => tasksOfJob(db, jobId),
    briefTasks: (jobId) => briefTasksOfJob(db, jobId),
    files: (jobId) => filesOfJob(db, jobId),
    thumbnail: (jobId, clipIndex) => thumbnailOfClip(db, jobId, clipIndex),
    outcome: (jobId, kind) => outcomeOfTask(db, jobId, kind),
    clips: (jobId) => clipsOfJob(db, jobId),
    stamp: (jobId) => stampOf(db, jobId),
    openWork: (jobId) => openWork(db, jobId),
    listTasks: (query) => listTasks(db, query),
    tasksOfAgent: (agentId, ownerId) => tasksOfAgent(db, agentId, ownerId),
    task: (taskId, ownerId) => getTask(db, taskId, ownerId),
    async cancel(jobId, ownerId, tx) {
      checkId(jobId, noJob);
      await inside(db, tx, (inner) => cancel(inner, jobId, ownerId));
    },
    async retry(jobId, rules, ownerId) {
      checkId(jobId, noJob);
      await run((tx) => retryJob(tx, jobId, { rules, ...(ownerId === undefined ? {} : { ownerId }) }));
    },
    async remove(jobId, ownerId, tx) {
      checkId(jobId, noJob);
      await inside(db, tx, (inner) => removeJob(inner, jobId, ownerId));
    },
    async redoClip(redo, tx) {
      checkId(redo.jobId, noJob);
      await inside(db, tx, (inner) => redoClip(inner, redo));
    },
    async redoMerge(jobId, rules, tx) {
      checkId(jobId, noJob);
      await inside(db, tx, (inner) => redoMerge(inner, jobId, rules));
    },
    async exportClip(jobId, clipIndex, build) {
      checkId(jobId, noJob);
      return getTask(db, await run((tx) => exportClip(tx, { jobId, clipIndex, build })));
    },
    async cancelTask(taskId) {
      checkId(taskId, noTask);
      await run((tx) => cancelTask(tx, taskId));
    },
    async retryTask(taskId) {
      checkId(taskId, noTask);
      await run((tx) => retryTask(tx, taskId));
    },
    async countByState() {
      const { rows } = await sql<{ state: JobState; count: number }>`
        select case when state = 'indexing' and started_at is null then 'queued' else state end as state,
          count(*)::int as count from jobs where not preview group by 1`.execute(db);
      return new Map(rows.map((row) => [row.state, row.count]));
    },
  };
}
