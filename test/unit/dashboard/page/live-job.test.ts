import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { App } from '../../../../coordinator/dashboard/src/app/create-app.ts';
import { LiveJob } from '../../../../coordinator/dashboard/src/pages/job/live-job.ts';

/** Streams that were opened, and are not closed. */
let open: FakeSource[];
class FakeSource extends EventTarget {
  constructor() {
    super();
    open.push(this);
  }
  close(): void {
    open = open.filter((source) => source !== this);
  }
}
class FakeDocument extends EventTarget {
  visibilityState = 'visible';
}

beforeEach(() => {
  open = [];
  vi.useFakeTimers();
  vi.stubGlobal('EventSource', FakeSource);
  vi.stubGlobal('document', new FakeDocument());
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test('a page that comes into sight between two tries has one stream, and none when it is left', async () => {
  const app = { events: { on: () => () => true }, api: { getJson: async () => ({}) } };
  const live = new LiveJob(app as unknown as App, 'a');
  live.start();
  open[0]?.dispatchEvent(new Event('error'));
  expect(open).toHaveLength(0);
  document.dispatchEvent(new Event('visibilitychange'));
  expect(open).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(open).toHaveLength(1);
  live.stop();
  expect(open).toHaveLength(0);
});
