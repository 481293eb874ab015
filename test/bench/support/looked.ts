import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';

/** How a page did. */
export interface Look {
  /** From the start of the load to the first row. */
  readonly contentMs: number;
  /** Of the page's main thread, after the first second. */
  readonly longestTaskMs: number;
  /** 95th percentile of the time between frames while it is scrolled. */
  readonly frameMs: number;
  readonly heapMib: number;
}

export interface LookOptions {
  readonly url: string;
  /** Selectors: what is waited for, and what is scrolled. */
  readonly content: string;
  readonly scrolled: string;
  /** How long it is looked at; 0: only until its content is there. */
  readonly seconds: number;
}

/** Runs before the page's own scripts: notes when the content came, and all tasks above 50 ms. */
const NOTES = (content: string): string => `
  window.notes = { contentMs: 0, tasks: [] };
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) window.notes.tasks.push([startTime, duration]);
  }).observe({ type: 'longtask', buffered: true });
  const look = () => {
    if (document.querySelector(${JSON.stringify(content)})) window.notes.contentMs = performance.now();
    else requestAnimationFrame(look);
  };
  look();`;

/** Scrolls up and down for a while, and tells the times between frames. */
const SCROLL = (scrolled: string, seconds: number): string => `(async () => {
  const place = document.querySelector(${JSON.stringify(scrolled)});
  const frames = [];
  const from = performance.now();
  let last = from, step = 90;
  while (last - from < ${seconds * 1000}) {
    place.scrollTop += step;
    if (place.scrollTop + place.clientHeight >= place.scrollHeight - 1 || place.scrollTop === 0) step = -step;
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - last);
    last = now;
  }
  return frames.sort((a, b) => a - b)[Math.floor(frames.length * 0.95)];
})()`;

interface Notes {
  readonly contentMs: number;
  readonly tasks: readonly (readonly [number, number])[];
}

/** Opens a page with nothing in its cache, looks at it for a while, and scrolls it for as long. */
export async function looked(browser: Browser, options: LookOptions): Promise<Look> {
  const { url, content, scrolled, seconds } = options;
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  try {
    const page = await context.newPage();
    await page.addInitScript(NOTES(content));
    await page.goto(url);
    await page.locator(content).first().waitFor({ timeout: 60_000 });
    // The page's own note of it is a frame later.
    await sleep(Math.max(100, seconds * 500));
    const frameMs = seconds === 0 ? 0 : await page.evaluate<number>(SCROLL(scrolled, seconds / 2));
    const { contentMs, tasks } = await page.evaluate<Notes>('window.notes');
    const settledMs = contentMs + 1_000;
    const long = tasks.filter(([startMs]) => startMs > settledMs).map(([, ms]) => ms);
    return { contentMs, longestTaskMs: Math.max(0, ...long), frameMs, heapMib: await heapOf(page) };
  } finally {
    await context.close();
  }
}

async function heapOf(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return usedSize / 2 ** 20;
}
