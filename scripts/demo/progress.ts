import type { DemoJob } from './rest.ts';

/** Messages of a server-sent event stream: event name and parsed data. */
async function* messages(response: Response): AsyncGenerator<{ event: string; data: unknown }> {
  if (!response.body) return;
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    const parts = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(part)?.[1] ?? '';
      yield { event: field('event'), data: JSON.parse(field('data') || 'null') as unknown };
    }
  }
}

function bar(done: number, total: number): string {
  const filled = total > 0 ? Math.round((20 * Math.min(done, total)) / total) : 0;
  return `${'#'.repeat(filled)}${'.'.repeat(20 - filled)}`;
}

function lineOf(task: DemoJob['tasks'][number]): string {
  const what =
    task.kind === 'encode' ? `clip ${task.clip_index} [${task.start_frame}, ${task.end_frame})` : task.kind;
  const frames = task.frames_total > 0 ? `${task.frames_done}/${task.frames_total} frames` : '';
  const speed = task.fps > 0 ? `${task.fps.toFixed(1)} fps` : '';
  const state = task.state === 'leased' ? task.phase || 'starting' : task.state;
  return `  ${what.padEnd(20)} ${bar(task.frames_done, task.frames_total)} ${(task.agent ?? '-').padEnd(9)} ${state.padEnd(9)} ${frames} ${speed}`.trimEnd();
}

/** Shows a line a clip and agent, each time it has something new to say. Returns the job's last state. */
export async function showProgress(url: string, jobId: string, say: (line: string) => void): Promise<string> {
  const response = await fetch(`${url}/jobs/${jobId}/events`);
  const last = new Map<string, string>();
  let waiting = '';
  for await (const { event, data } of messages(response)) {
    if (event !== 'progress' && event !== 'end') continue;
    const job = data as DemoJob;
    if (job.waiting && job.waiting !== waiting) say(`  waiting: ${job.waiting}`);
    waiting = job.waiting;
    for (const task of job.tasks) {
      const line = lineOf(task);
      const key = `${task.kind}${task.clip_index}`;
      if (task.state !== 'ready' && last.get(key) !== line) say(line);
      last.set(key, line);
    }
    if (event !== 'end') continue;
    if (job.failure) say(`the job failed: ${job.failure.message}\n${job.failure.log}`);
    return job.state;
  }
  return 'lost';
}
