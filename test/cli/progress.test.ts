import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bar, bytesText, jobLine, secondsText, taskLine } from '../../cli/bars.ts';
import { createProgressView, pictureOf } from '../../cli/progress-view.ts';
import { tableLines } from '../../cli/table.ts';
import { createTransferView } from '../../cli/transfer-view.ts';
import type { JobDocument, TaskDocument } from '../../client/documents.ts';
import { systemClock } from '../../shared/clock.ts';
import { MemoryOutput } from '../support/command-line.ts';

const TASK: TaskDocument = {
  task_id: 't',
  job_id: 'j',
  kind: 'encode',
  clip_index: 3,
  start_frame: 100,
  end_frame: 200,
  state: 'leased',
  epoch: 1,
  attempts: 1,
  agent_id: 'a',
  agent: 'blue',
  frames_saved: 0,
  frames_done: 50,
  frames_total: 100,
  fps: 12.34,
  speed: 0,
  phase: 'filter',
  size_bytes: null,
  ready_at: '2026-01-01T00:00:00.000Z',
  granted_at: '2026-01-01T00:00:00.000Z',
  finished_at: null,
  requires: [],
  failure: null,
};

function jobOf(tasks: readonly TaskDocument[], more: Partial<JobDocument> = {}): JobDocument {
  return {
    job_id: 'j',
    name: 'film.mkv',
    dialect: 'grid',
    owner: 'me',
    state: 'encoding',
    priority: 0,
    percent: 50,
    frames_done: 50,
    frames_total: 100,
    clips_done: 0,
    clips_total: tasks.length,
    eta_seconds: 61,
    container: 'matroska',
    encode: 'x264',
    script: '',
    result: null,
    failure: null,
    created_at: '2026-01-01T00:00:00.000Z',
    started_at: null,
    finished_at: null,
    waiting: '',
    tasks,
    ...more,
  } as JobDocument;
}

describe('bars', () => {
  it('are as long as told and full only at the end', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(1000), fc.integer({ min: 1, max: 60 }), (done, total, chars) => {
        const text = bar(done, total, chars);
        expect(text).toMatch(new RegExp(`^#*\\.*$`));
        expect(text).toHaveLength(chars);
        expect(text.endsWith('#')).toBe(total > 0 && done >= total);
      }),
    );
  });

  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.5 KiB'],
    [5 * 1024 ** 3, '5.0 GiB'],
  ])('%d bytes are %s', (bytes, words) => expect(bytesText(bytes)).toBe(words));

  it.each([
    [0, '0 s'],
    [59.6, '1 min 00 s'],
    [185, '3 min 05 s'],
    [7620, '2 h 07 min'],
  ])('%d seconds are %s', (seconds, words) => expect(secondsText(seconds)).toBe(words));

  it('a task tells clip, agent, phase, frames and speed', () => {
    expect(taskLine(TASK)).toMatch(
      /clip 3 \[100, 200\) +#{10}\.{10} blue +filter +50\/100 frames 12\.3 fps$/,
    );
    expect(taskLine({ ...TASK, attempts: 2 })).toContain('attempt 2');
  });

  it('a job tells its share, clips and the time that is left', () => {
    expect(jobLine(jobOf([TASK]))).toContain('50.0 %, 0/1 clips, 50/100 frames, 1 min 01 s left');
  });
});

describe('progress', () => {
  it('on a terminal each picture is drawn over the last one and never wraps or scrolls', () => {
    const out = new MemoryOutput({ isTTY: true, columns: 40, rows: 10 });
    const view = createProgressView(out);
    const tasks = Array.from({ length: 30 }, (_, i) => ({ ...TASK, clip_index: i }));
    view.show(jobOf(tasks));
    const first = out.text;
    const lines = first.split('\n').length - 1;
    expect(lines).toBeLessThan(10);
    for (const line of first.replaceAll('\r\u001B[J', '').split('\n')) expect(line.length).toBeLessThan(40);
    expect(first).toContain('more at work');
    view.show(jobOf([TASK]));
    expect(out.text.slice(first.length)).toMatch(new RegExp(`^\u001B\\[${lines}A\r\u001B\\[J`));
  });

  it('elsewhere a task is told when something about it is new, and only then', () => {
    const out = new MemoryOutput();
    const view = createProgressView(out);
    for (const done of [0, 1, 2, 30, 31, 100]) view.show(jobOf([{ ...TASK, frames_done: done }]));
    expect(out.text.match(/\d+\/100 frames/g)).toEqual(['0/100 frames', '30/100 frames', '100/100 frames']);
    view.show(jobOf([{ ...TASK, state: 'succeeded', frames_done: 100 }]));
    expect(out.text).toMatch(/succeeded 100\/100 frames\n$/);
  });

  it('says why a job waits, once', () => {
    const out = new MemoryOutput();
    const view = createProgressView(out);
    for (let i = 0; i < 3; i++) view.show(jobOf([], { waiting: 'no agent is online' }));
    expect(out.text).toBe('  waiting: no agent is online\n');
  });

  it('text from elsewhere cannot move the cursor', () => {
    const evil = { ...TASK, agent: 'a\u001B[2Jb\r\nc' };
    const out = new MemoryOutput();
    createProgressView(out).show(jobOf([evil]));
    expect(out.text).toContain('a?[2Jb??c');
    expect(tableLines(['A'], [['x\u001B]0;y\u0007']])[1]).toBe('x?]0;y?');
  });

  it('a picture shows what runs, what failed, and counts the rest', () => {
    const ready: TaskDocument = { ...TASK, state: 'ready', agent: null };
    const lines = pictureOf(jobOf([TASK, ready, ready, { ...TASK, state: 'failed' }]), 20);
    expect(lines).toHaveLength(4);
    expect(lines.at(-1)).toBe('  2 to do');
  });
});

describe('transfers', () => {
  it('off a terminal a short one is one line', () => {
    const out = new MemoryOutput();
    const view = createTransferView(out, systemClock, 'uploading film.mkv');
    for (const done of [0, 10, 20, 30]) view.show(done, 30);
    view.end();
    expect(out.text).toMatch(/^uploading film\.mkv {2}#{20} {2}30 B of 30 B.*\n$/);
  });
});

describe('tables', () => {
  it('columns are aligned and lines have no space at their end', () => {
    expect(
      tableLines(
        ['A', 'LONG', ''],
        [
          ['wide cell', 'x', ''],
          ['y', '', 'end'],
        ],
      ),
    ).toEqual(['A          LONG', 'wide cell  x', 'y                end']);
  });
});
