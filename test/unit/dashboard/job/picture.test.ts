import { describe, expect, test } from 'vitest';
import { agentLanes, lanesSpan } from '../../../../coordinator/dashboard/src/pages/job/agent-lanes.ts';
import {
  attemptsOf,
  eventWords,
  isShown,
  mergedLog,
  type LogEvent,
} from '../../../../coordinator/dashboard/src/pages/job/event-words.ts';
import {
  changedPicture,
  countStates,
  doneShare,
  headPicture,
  wholePicture,
} from '../../../../coordinator/dashboard/src/pages/job/job-picture.ts';
import { taskName, taskSentence } from '../../../../coordinator/dashboard/src/pages/job/words.ts';
import { aJob, aTask } from '../../../support/dashboard-tasks.ts';

function event(sequence: number, type: string, more: Partial<LogEvent> = {}): LogEvent {
  const at = new Date(sequence * 1000).toISOString();
  return { sequence, at, type, task_id: 't', agent_id: 'a', data: {}, ...more };
}

describe('what the page knows of a job', () => {
  const index = aTask({ task_id: 'index', kind: 'index', clip_index: null });
  const clips = [0, 1].map((n) => aTask({ task_id: `clip-${n}`, clip_index: n }));

  test('changes replace tasks by id, new ones go where they belong, the rest keeps its identity', () => {
    const first = wholePicture({ ...aJob(), tasks: [index, ...clips] });
    const merge = aTask({ task_id: 'merge', kind: 'merge', clip_index: null });
    const audio = aTask({ task_id: 'audio', kind: 'audio', clip_index: null });
    const done = { ...clips[1]!, state: 'succeeded' as const };
    const next = changedPicture(first, { ...aJob({ state: 'merging' }), tasks: [merge, audio, done] });
    expect(next.job.state).toBe('merging');
    expect(next.tasks).toEqual([index, clips[0], done, audio, merge]);
    expect(next.tasks[1]).toBe(clips[0]);
    const same = changedPicture(next, { ...aJob({ percent: 99 }), tasks: [] });
    expect(same.tasks).toBe(next.tasks);
    expect(same.job.percent).toBe(99);
  });

  test('a head comes before the tasks, and takes away none that are known', () => {
    const early = headPicture(undefined, { ...aJob(), tasks: [] });
    expect(early).toMatchObject({ isWhole: false, tasks: [], job: { state: 'encoding' } });
    const whole = wholePicture({ ...aJob(), waiting: 'all busy', tasks: clips });
    const again = headPicture(whole, { ...aJob({ state: 'merging' }), tasks: [] });
    expect(again).toMatchObject({ isWhole: true, job: { state: 'merging', waiting: 'all busy' } });
    expect(again.tasks).toBe(clips);
  });

  test('states are counted, and a share is never more than the whole', () => {
    const tasks = [aTask({ state: 'ready' }), aTask({ state: 'failed' }), aTask({ state: 'ready' })];
    expect(countStates(tasks)).toEqual({ ready: 2, leased: 0, succeeded: 0, failed: 1, cancelled: 0 });
    const running = { state: 'leased', frames_done: 150, frames_total: 100 } as const;
    expect(doneShare(aTask(running))).toBe(1);
    expect(doneShare(aTask({ ...running, frames_total: 0 }))).toBe(0);
  });
});

describe('words', () => {
  test('a task in one sentence', () => {
    const running = aTask({
      clip_index: 41,
      state: 'leased',
      frames_done: 30,
      frames_total: 120,
      fps: 12.34,
      phase: 'encode',
      agent: 'blue',
      attempts: 2,
    });
    expect(taskName(running)).toBe('Clip 42');
    expect(taskSentence(running)).toBe('running, 25 %, encode, 12.3 fps, on blue, attempt 2');
    const done = aTask({ state: 'succeeded', agent: 'blue', size_bytes: 3_000_000 });
    expect(taskSentence(done)).toBe('done, by blue, 3.0 MB');
    expect(taskSentence(aTask({ state: 'ready', agent: 'blue' }))).toBe('waiting');
  });
});

describe('the event log', () => {
  test('history and stream overlap: each event once, newest first, with the name of its agent', () => {
    const stream = [event(3, 'task.failed'), event(4, 'task.granted')];
    const history = [event(3, 'task.failed', { agent: 'blue' }), event(2, 'task.granted', { agent: 'blue' })];
    const log = mergedLog(stream, history, 10);
    expect(log.map(({ sequence, agent }) => [sequence, agent])).toEqual([
      [4, undefined],
      [3, 'blue'],
      [2, 'blue'],
    ]);
    expect(mergedLog(history, stream, 2)[1]?.agent).toBe('blue');
  });

  test('what is looked for: problems, the job itself, words of text, task and agent', () => {
    const failed = event(1, 'task.failed', { data: { message: 'no room' } });
    const created = event(2, 'job.created', { task_id: null });
    expect(eventWords(failed)).toEqual({ tone: 'bad', text: 'failed: no room' });
    expect(eventWords({ type: 'task.dreamt', data: {} }).text).toBe('task.dreamt');
    expect(isShown(failed, { show: 'problems', search: '' }, '')).toBe(true);
    expect(isShown(created, { show: 'problems', search: '' }, '')).toBe(false);
    expect(isShown(created, { show: 'job', search: '' }, '')).toBe(true);
    expect(isShown(failed, { show: 'job', search: '' }, '')).toBe(false);
    expect(isShown(failed, { show: 'all', search: ' ROOM' }, '')).toBe(true);
    expect(isShown(failed, { show: 'all', search: 'clip 7' }, 'Clip 7 blue')).toBe(true);
    expect(isShown(failed, { show: 'all', search: 'green' }, 'Clip 7 blue')).toBe(false);
  });

  test('attempts are made of grants and ends', () => {
    const log = [
      event(9, 'task.granted', { agent: 'green' }),
      event(5, 'task.failed', { data: { message: 'no room' } }),
      event(2, 'task.granted', { agent: 'blue' }),
      event(1, 'task.expired'),
    ];
    expect(attemptsOf(log)).toMatchObject([
      { agent: 'green', to: undefined, text: 'running' },
      { agent: 'blue', tone: 'bad', text: 'failed: no room', to: log[1]!.at },
    ]);
  });
});

describe('lanes by agent', () => {
  const at = (second: number): string => new Date(second * 1000).toISOString();
  test('what an agent had at the same moment lies one below the other', () => {
    const tasks = [
      aTask({ agent_id: 'a', agent: 'agent-10', state: 'succeeded', granted_at: at(1), finished_at: at(5) }),
      aTask({ agent_id: 'a', agent: 'agent-10', state: 'succeeded', granted_at: at(2), finished_at: at(3) }),
      aTask({ agent_id: 'a', agent: 'agent-10', state: 'leased', granted_at: at(4), finished_at: null }),
      aTask({ agent_id: 'b', agent: 'agent-9', state: 'failed', granted_at: at(3), finished_at: at(4) }),
      aTask({ agent_id: 'b', agent: 'agent-9', state: 'ready', granted_at: at(3) }),
      aTask({ agent_id: null, state: 'cancelled' }),
    ];
    const lanes = agentLanes(tasks, 8_000);
    expect(lanes.map(({ agent, rows }) => [agent, rows])).toEqual([
      ['agent-9', 1],
      ['agent-10', 2],
    ]);
    expect(lanes[1]?.items.map(({ row, to }) => [row, to])).toEqual([
      [0, 5_000],
      [1, 3_000],
      [1, 8_000],
    ]);
    expect(lanesSpan(lanes)).toEqual({ from: 1_000, to: 8_000 });
    expect(lanesSpan([])).toEqual({ from: 0, to: 1_000 });
  });
});
