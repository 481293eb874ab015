import type { Command } from 'commander';
import { GridError } from '../../shared/errors.ts';
import { EXIT_CODES } from '../../shared/exit-codes.ts';
import { wholeNumber } from '../arguments.ts';
import { allOptions, createCommand } from '../command.ts';
import { clientOf, say, writeResult, type CliContext, type GlobalOptions } from '../context.ts';
import { ENDED_STATES, type JobDocument, type TaskDocument } from '../../client/documents.ts';
import type { RestClient } from '../../client/rest-client.ts';
import { followLog, readLog, type TaskLogDocument } from '../../client/task-logs.ts';
import { printable } from '../terminal.ts';
import { jobPath } from './job.ts';

interface LogsOptions extends GlobalOptions {
  readonly task?: readonly string[];
  readonly attempt?: number;
  readonly follow?: boolean;
}

/** Of a job whose tasks are not named: more would be a flood, and each is a connection while it is followed. */
const MAX_TASKS = 16;
const LOOK_MS = 2_000;

function nameOf({ kind, clip_index: clip }: TaskDocument): string {
  return clip === null ? kind : `${kind} ${clip}`;
}

/** A kind (`merge`), or the number of a clip. */
function isNamed(task: TaskDocument, word: string): boolean {
  return task.kind === word || (task.kind === 'encode' && String(task.clip_index) === word);
}

/** Those that are asked for; else what failed, what runs, or of a job that has ended all. */
function chosen(job: JobDocument, words: readonly string[] | undefined): TaskDocument[] {
  if (words !== undefined) {
    for (const word of words) {
      if (job.tasks.some((task) => isNamed(task, word))) continue;
      const kinds = [...new Set(job.tasks.map((task) => task.kind))].join(', ');
      const message = `job ${job.job_id} has no task ${word}: give the number of a clip, or one of ${kinds}`;
      throw new GridError('invalid_argument', message);
    }
    return job.tasks.filter((task) => words.some((word) => isNamed(task, word)));
  }
  const failed = job.tasks.filter((task) => task.state === 'failed');
  const running = job.tasks.filter((task) => task.state === 'leased');
  const first = [failed, running].find((tasks) => tasks.length > 0);
  return first ?? job.tasks.filter((task) => task.attempts > 0);
}

async function jobOrTask(client: RestClient, id: string): Promise<JobDocument | undefined> {
  try {
    return await client.get<JobDocument>(jobPath(id));
  } catch (thrown) {
    if (thrown instanceof GridError && thrown.code === 'not_found') return undefined;
    throw thrown;
  }
}

/** Tools print what they like: what steers a terminal is shown, not sent to it. */
function shownLines(text: string): string[] {
  return text.split('\n').map((line) => printable(line.replaceAll('\t', '    ')));
}

function logLines(logs: readonly TaskLogDocument[], names: ReadonlyMap<string, string>): string[] {
  return logs.flatMap(({ task_id: id, text, attempt }) => {
    const head =
      logs.length > 1 ? [`==> ${names.get(id) ?? id}${attempt > 1 ? `, attempt ${attempt}` : ''} <==`] : [];
    return [...head, ...(text === '' ? [] : shownLines(text.trimEnd()))];
  });
}

async function show(context: CliContext, options: LogsOptions, id: string): Promise<void> {
  const client = clientOf(context, options);
  const job = await jobOrTask(client, id);
  const names = new Map(job?.tasks.map((task) => [task.task_id, nameOf(task)]));
  const all = job ? chosen(job, options.task).map((task) => task.task_id) : [id];
  const wanted = options.task ? all : all.slice(0, MAX_TASKS);
  const logs: TaskLogDocument[] = [];
  for (const taskId of wanted) logs.push(await readLog(client, taskId, options.attempt));
  if (wanted.length < all.length)
    say(context, options, `${all.length - wanted.length} more tasks: name some with --task`);
  if (logs.every(({ text }) => text === '')) say(context, options, 'nothing was printed yet');
  writeResult(context, options, { document: { logs }, lines: logLines(logs, names) });
}

/** Writes what a task prints, line by line, each under its name where there are several. */
async function followTask(
  { context, options, client }: { context: CliContext; options: LogsOptions; client: RestClient },
  { taskId, name }: { taskId: string; name: string | undefined },
): Promise<string> {
  const { clock, ids, leave: signal, stdout } = context;
  const state = await followLog(taskId, {
    client,
    clock,
    ids,
    signal,
    onText(text, again) {
      const event = again ? 'replace' : 'append';
      if (options.json) {
        stdout.write(`${JSON.stringify({ event, task_id: taskId, text })}\n`);
        return;
      }
      const prefix = name === undefined ? '' : `${name} | `;
      const lines = text === '' ? [] : shownLines(text.replace(/\n$/, ''));
      stdout.write(lines.map((line) => `${prefix}${line}\n`).join(''));
    },
  });
  if (options.json) stdout.write(`${JSON.stringify({ event: 'end', task_id: taskId, state })}\n`);
  return state;
}

/** Follows whatever the job has running, until it has ended. */
async function followJob(context: CliContext, options: LogsOptions, first: JobDocument): Promise<string> {
  const client = clientOf(context, options);
  const { clock, leave } = context;
  const following = new Map<string, Promise<unknown>>();
  const active = new Set<string>();
  let broken: unknown;
  for (let job = first; ; job = await client.get<JobDocument>(jobPath(first.job_id))) {
    const named = options.task ? chosen(job, options.task) : job.tasks;
    const isOver = ENDED_STATES.has(job.state);
    for (const task of named) {
      const { task_id: taskId } = task;
      const isWorth = options.task !== undefined || task.state === 'leased';
      if (!isWorth || following.has(taskId) || active.size >= MAX_TASKS) continue;
      active.add(taskId);
      const work = followTask({ context, options, client }, { taskId, name: nameOf(task) })
        .catch((thrown: unknown) => (broken ??= thrown))
        .finally(() => active.delete(taskId));
      following.set(taskId, work);
    }
    if (isOver) {
      await Promise.all(following.values());
      if (broken !== undefined) throw broken;
      return job.state;
    }
    await clock.sleep(LOOK_MS, leave);
    if (leave.aborted) throw new GridError('cancelled', 'interrupted');
  }
}

async function follow(context: CliContext, options: LogsOptions, id: string): Promise<void> {
  if (options.attempt !== undefined)
    throw new GridError('invalid_argument', '--attempt is of what is over: it cannot be followed');
  const client = clientOf(context, options);
  const job = await jobOrTask(client, id);
  const state = job
    ? await followJob(context, options, job)
    : await followTask({ context, options, client }, { taskId: id, name: undefined });
  if (state !== 'succeeded') context.setExitCode(EXIT_CODES.failed.code);
}

/** `clipgrid logs ID` */
export function logsCommand(context: CliContext): Command {
  return createCommand({
    name: 'logs',
    summary: 'show what the tools of a job or a task printed, also while they run',
    about: `The last 65,536 characters of each task are kept, until the job is removed. Without --task: of a job's tasks those that
failed, else those that run, else all (at most ${MAX_TASKS}). With --follow: what is printed from now on, too, until the job or task
has ended; the exit code tells how. Progress that a tool writes over itself is kept once in 10 s.`,
    examples: [
      { line: 'clipgrid logs 0190...', does: 'why a job failed, or what it does now' },
      { line: 'clipgrid logs 0190... --task 3 --task merge', does: 'of clip 3, and of the merge' },
      { line: 'clipgrid logs 0190... --follow', does: 'everything that its tools print, until it has ended' },
    ],
  })
    .argument('<id>', 'the id of a job, or of a task')
    .option('--task <which>', 'of a job: the number of a clip, or a kind of task (again for more)', more)
    .option('--attempt <n>', 'an earlier attempt, of those that are kept', wholeNumber(1, 2 ** 31 - 1))
    .option('-f, --follow', 'go on with what is printed, until the end')
    .action(async (id: string, own: LogsOptions, command: Command) => {
      const options = allOptions(command, own);
      await (options.follow ? follow(context, options, id) : show(context, options, id));
    });
}

function more(word: string, before: readonly string[] = []): string[] {
  return [...before, word];
}
