import { jobLine, taskLine, taskName } from './bars.ts';
import type { JobDocument, TaskDocument } from '../client/documents.ts';
import { LiveLines, printable, type Output } from './terminal.ts';

/** Shows how a job comes along. */
export interface ProgressView {
  show(job: JobDocument): void;
  /** A line between, e.g. that the stream was lost. */
  note(line: string): void;
  /** Leaves the last picture and ends. */
  end(): void;
}

/** Plain lines: a task is told again after a change of its state, phase or agent, or this share of its frames. */
const STEP_SHARE = 0.25;

/** In place on a terminal, else plain lines. */
export function createProgressView(out: Output): ProgressView {
  return out.isTTY ? liveView(out) : plainView(out);
}

/** The lines of one picture: the job, what runs now, and a count of the rest. At most `rows` lines. */
export function pictureOf(job: JobDocument, rows: number): string[] {
  const running = job.tasks.filter((task) => task.state === 'leased');
  const failed = job.tasks.filter((task) => task.state === 'failed');
  const shown = [...running, ...failed].slice(0, Math.max(0, rows - 3));
  const hidden = running.length + failed.length - shown.length;
  const ready = job.tasks.filter((task) => task.state === 'ready').length;
  const counts = [hidden > 0 ? `${hidden} more at work` : '', ready > 0 ? `${ready} to do` : ''];
  const rest = counts.filter((text) => text !== '').join(', ');
  return [
    jobLine(job),
    ...shown.map(taskLine),
    ...(rest ? [`  ${rest}`] : []),
    ...(job.waiting ? [`  waiting: ${job.waiting}`] : []),
  ];
}

function liveView(out: Output): ProgressView {
  const live = new LiveLines(out);
  return {
    show: (job) => live.draw(pictureOf(job, out.rows - 1)),
    note(line) {
      live.clear();
      out.write(`${printable(line)}\n`);
    },
    end: () => live.keep(),
  };
}

function plainView(out: Output): ProgressView {
  const told = new Map<string, string>();
  let waiting = '';
  const say = (line: string): void => out.write(`${printable(line)}\n`);
  const step = (task: TaskDocument): number =>
    task.frames_total > 0 ? Math.floor(task.frames_done / task.frames_total / STEP_SHARE) : 0;
  return {
    show(job) {
      if (job.waiting !== '' && job.waiting !== waiting) say(`  waiting: ${job.waiting}`);
      waiting = job.waiting;
      for (const task of job.tasks) {
        const mark = [task.state, task.phase, task.agent, task.state === 'leased' ? step(task) : ''].join(
          '\t',
        );
        const key = taskName(task);
        if (told.get(key) === mark) continue;
        told.set(key, mark);
        if (task.state !== 'ready') say(taskLine(task));
      }
    },
    note: say,
    end: () => undefined,
  };
}
