import { expect, test } from 'vitest';
import { Link } from '../../../agent/link.ts';
import { OutputSender } from '../../../agent/output-sender.ts';
import { TaskOutput } from '../../../agent/task-output.ts';
import type { SessionRequest } from '../../../shared/gen/clipgrid/v1/session.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const FENCE = { taskId: 't', epoch: 1, leaseId: 'l' };

function sending() {
  const clock = new ManualClock();
  const link = new Link();
  const output = new TaskOutput(clock, '/var/agent/work/l');
  const sender = new OutputSender({ link, clock }, FENCE, output);
  const sent: { start: number; text: string }[] = [];
  const connect = (takes = true): void =>
    link.attach(
      (message: NonNullable<SessionRequest['message']>) => {
        if (message.$case === 'output') sent.push({ start: message.value.start, text: message.value.text });
      },
      [],
      takes,
    );
  return { clock, link, output, sender, sent, connect };
}

test('whole lines are kept, the last 64 Ki characters of them, counted from the beginning', () => {
  const output = new TaskOutput(new ManualClock(), '');
  for (let i = 0; i < 5_000; i++) output.add(`line ${i} ${'x'.repeat(90)}`);
  const { start, text } = output.since(0);
  expect(text.length).toBeLessThanOrEqual(64 * 1024);
  expect(text.length).toBeGreaterThan(60 * 1024);
  expect(start + text.length).toBe(output.end);
  expect(text.endsWith(`line 4999 ${'x'.repeat(90)}\n`)).toBe(true);
  expect(output.since(output.end)).toEqual({ start: output.end, text: '' });
});

test('of progress, over which a terminal writes, one line in 10 s is kept, and the last one', () => {
  const clock = new ManualClock();
  const output = new TaskOutput(clock, '');
  for (let i = 0; i < 25; i++) {
    output.add(`frame ${i}`, true);
    clock.advance(1_000);
  }
  output.add('done');
  expect(output.since(0).text).toBe('frame 0\nframe 10\nframe 20\nframe 24\ndone\n');
  output.add('frame 99', true);
  expect(output.tail(100)).toMatch(/done\nframe 99$/);
  output.finish();
  expect(output.since(0).text).toMatch(/done\nframe 99\n$/);
});

test('neither addresses that open something nor where the agent keeps its work are told', () => {
  const output = new TaskOutput(new ManualClock(), '/var/agent/work/l');
  output.add('/var/agent/work/l/out.mkv from http://127.0.0.1:1/s3cret?a=b');
  expect(output.since(0).text).toBe('out.mkv from http://127.0.0.1:1/...\n');
});

test('what is new is sent seldom, at once while somebody looks, and last of all at the end', () => {
  const { clock, output, sender, sent, connect } = sending();
  connect();
  output.add('one');
  clock.advance(29_999);
  expect(sent).toEqual([]);
  clock.advance(1);
  expect(sent).toEqual([{ start: 0, text: 'one\n' }]);
  clock.advance(60_000);
  expect(sent).toHaveLength(1);

  sender.follow(2_000, false);
  expect(sent[1]).toEqual({ start: 4, text: '' });
  output.add('two');
  clock.advance(500);
  expect(sent[2]).toEqual({ start: 4, text: 'two\n' });
  clock.advance(2_000);
  output.add('three');
  clock.advance(5_000);
  expect(sent).toHaveLength(3);
  sender.finish();
  expect(sent[3]).toEqual({ start: 8, text: 'three\n' });
  sender.close();
  sender.follow(10_000, false);
  expect(clock.pending).toEqual([]);
});

test('a new session is told all of it, in pieces of 16 Ki; an older coordinator nothing', () => {
  const { output, sender, sent, connect } = sending();
  connect(false);
  output.add('one');
  sender.flush();
  expect(sent).toEqual([]);
  connect();
  sender.flush();
  expect(sent).toEqual([{ start: 0, text: 'one\n' }]);
  for (let i = 0; i < 10; i++) output.add('y'.repeat(3_999));
  connect();
  sender.flush();
  const again = sent.slice(1);
  expect(again.map((piece) => piece.text.length)).toEqual([16_004, 16_000, 8_000]);
  expect(again.map((piece) => piece.start)).toEqual([0, 16_004, 32_004]);
  sender.close();
});

test('what the coordinator could not keep is sent again when the next is due, however often it says so', () => {
  const { clock, output, sender, sent, connect } = sending();
  connect();
  for (let i = 0; i < 10; i++) output.add('y'.repeat(3_999));
  sender.flush();
  expect(sent).toHaveLength(3);
  for (let i = 0; i < 3; i++) sender.follow(0, true);
  expect(sent).toHaveLength(3);
  clock.advance(30_000);
  expect(sent.slice(3).map((piece) => piece.start)).toEqual([0, 16_000, 32_000]);
  // Nor does it end the looking of somebody else.
  sender.follow(10_000, false);
  sender.follow(0, true);
  sender.follow(1_000, false);
  const before = sent.length;
  clock.advance(5_000);
  output.add('new');
  clock.advance(500);
  expect(sent.slice(before).map((piece) => piece.text)).toEqual(['new\n']);
  sender.close();
});
