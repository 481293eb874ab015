import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ApiClient } from '../support/api-client.ts';
import { openDashboard, type Dashboard, type DashboardPage } from '../support/dashboard-browser.ts';
import { plainFilm } from '../support/films.ts';
import { startShippedGrid } from '../support/shipped-grid.ts';

const TOKEN = 'a-token-of-an-administrator-for-tests';
/** Frames come so fast as they are seen, so that there is time to look on: two clips of six seconds. */
const SLOW = 'ffmpeg -readrate 1 -i - -c:v libx264 -preset ultrafast CLIPGRID_OUTPUT.mkv';
const QUICK = 'ffmpeg -i - -c:v libx264 -preset ultrafast CLIPGRID_OUTPUT.mp4';
const SECONDS = 12;

let grid: Awaited<ReturnType<typeof startShippedGrid>>;
let dashboard: Dashboard;
/** Another one than the object URLs have, as on most machines. */
let origin: string;
let api: ApiClient;
let source: string;
let film: string;

beforeAll(async () => {
  grid = await startShippedGrid({
    name: 'dashboard',
    agents: 1,
    environment: () => ({
      CLIPGRID_AUTH: 'token',
      CLIPGRID_ADMIN_TOKEN: TOKEN,
      CLIPGRID_AGENT_AUTH: 'open',
    }),
  });
  origin = grid.mainUrl.replace('127.0.0.1', 'localhost');
  film = plainFilm(grid.folder, SECONDS);
  api = new ApiClient(`${grid.mainUrl}/api/v1`, TOKEN);
  [dashboard, source] = await Promise.all([
    openDashboard(origin),
    readFile(film).then((bytes) => api.upload(new Uint8Array(bytes), 'plain.mkv')),
  ]);
});
afterAll(async () => {
  await dashboard?.close();
  await grid?.close();
});

async function submit(encode: string): Promise<string> {
  const clips = { mode: 'auto', target_seconds: SECONDS / 2 };
  const body = { upload_id: source, encode, clips };
  return (await api.ok('SubmittedJob', 'POST /jobs', { body })).job_id;
}

const state = (page: Page, word: string) => page.locator('.job-state .badge', { hasText: word });
const rowOf = (page: Page, task: string) =>
  page.getByRole('grid', { name: 'Tasks of the job' }).getByRole('row', { name: task });

/** Whole and sound: no fault of scripts or policy, none of accessibility, nothing wider than the window. */
async function expectSound({ page, faults, axe }: DashboardPage): Promise<void> {
  expect(await axe()).toEqual([]);
  expect(faults).toEqual([]);
  const wide = 'document.getElementById("main").scrollWidth - document.getElementById("main").clientWidth';
  expect(await page.evaluate<number>(wide)).toBeLessThanOrEqual(0);
}

test('a wrong token is told, the right one lets in; by keyboard only, to a clip and back', async () => {
  const job = await submit(QUICK);
  await vi.waitFor(
    async () => expect((await api.ok('JobDetail', `GET /jobs/${job}`)).state).toBe('succeeded'),
    60_000,
  );
  const opened = await dashboard.open('/');
  const { page } = opened;
  await page.getByLabel('Token').waitFor();
  await expectNoFault(opened);
  await page.keyboard.type('not the token');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').filter({ hasText: /token/ }).waitFor();
  await page.getByLabel('Token').fill('');
  await page.keyboard.type(TOKEN);
  await page.keyboard.press('Enter');
  await tabTo(page, '[role=grid][aria-label=Jobs]');
  await page.keyboard.press('Enter');
  await state(page, 'succeeded').waitFor();
  await tabTo(page, '[role=listbox]');
  await page.keyboard.press('End');
  await expect
    .poll(() => page.locator('#strip-cursor').textContent())
    .toMatch(/^Clip 2, 0:06.* done, by agent-0/);
  await page.locator('.hover-card', { hasText: 'Clip 2' }).waitFor();
  await page.keyboard.press('Enter');
  await page
    .getByRole('complementary', { name: 'Clip 2' })
    .getByRole('heading', { name: 'Attempts' })
    .waitFor();
  await page.getByRole('img', { name: 'A picture of Clip 2' }).waitFor();
  await expectSound(opened);
  await page.keyboard.press('Escape');
  // The page closes the panel, and gives the focus back, after the key was handled.
  const role = () => page.evaluate<string>('document.activeElement.getAttribute("role")');
  await expect.poll(role).toBe('listbox');
  await opened.close();
});

test('a film is uploaded, submitted, watched to its end, played, sought in and downloaded', async () => {
  const opened = await dashboard.open('/submit', { token: TOKEN });
  const { page } = opened;
  await page.getByLabel('Choose a film').setInputFiles(film);
  await page.getByText('All of it has arrived.').waitFor();
  await page.getByLabel('Command').fill(QUICK);
  await page.getByLabel('Container').selectOption('mp4');
  await page.getByRole('button', { name: 'Submit the job' }).click();
  await page.waitForURL(/\/jobs\/[0-9a-f-]+$/);
  const job = new URL(page.url()).pathname.split('/').at(-1);
  await state(page, 'succeeded').waitFor({ timeout: 60_000 });
  await page
    .getByRole('list', { name: 'Clips by state' })
    .filter({ hasText: /[1-9] done.*0 running.*0 waiting/ })
    .waitFor();
  const saved = page.waitForEvent('download');
  await page.getByRole('link', { name: /^Download/ }).click();
  const bytes = await readFile(await (await saved).path());
  const { result } = await api.ok('JobDetail', `GET /jobs/${job}`);
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(result?.sha256);
  await page.getByRole('button', { name: 'Play here' }).click();
  // Forth, then back to where it was: bytes by range.
  const sought = await page.evaluate<number[]>(`(async () => {
    const video = document.querySelector('video');
    video.muted = true;
    const to = (s) => new Promise((done) => {
      video.addEventListener('seeked', () => done(video.currentTime), { once: true });
      video.currentTime = s;
    });
    if (video.readyState < 1) await new Promise((done) => video.addEventListener('loadedmetadata', done));
    return [await to(9), await to(3), video.duration, video.videoWidth];
  })()`);
  expect(sought.map(Math.round)).toEqual([9, 3, SECONDS, 160]);
  await page.getByRole('button', { name: 'Agents', exact: true }).click();
  await page.getByRole('img', { name: /^What 1 agents? did/ }).waitFor();
  await expectSound(opened);
  await opened.close();
});

test('an agent that is killed while one looks on: its clip goes to the other one, and the job succeeds', async () => {
  const second = grid.addAgent();
  await vi.waitFor(async () => {
    const { agents } = await api.ok('AgentList', 'GET /agents');
    expect(agents.filter((agent) => agent.state === 'online')).toHaveLength(2);
  }, 30_000);
  const job = await submit(SLOW);
  const opened = await dashboard.open(`/jobs/${job}`, { token: TOKEN });
  const { page } = opened;
  const running = rowOf(page, 'agent-1').filter({ hasText: /running \d+ %/ });
  await running.waitFor({ timeout: 60_000 });
  const clip = /Clip \d/.exec((await running.textContent()) ?? '')?.[0] ?? '';
  await second.kill();
  await rowOf(page, clip)
    .filter({ hasText: 'agent-0' })
    .filter({ hasText: 'running' })
    .waitFor({ timeout: 60_000 });
  await page
    .locator('.events li', { hasText: /lost|given back/ })
    .first()
    .waitFor();
  await rowOf(page, clip).click();
  const attempts = page.getByRole('complementary', { name: clip }).locator('.attempts li');
  await expect.poll(() => attempts.count()).toBe(2);
  await page.getByRole('button', { name: 'Close the task' }).click();
  await state(page, 'succeeded').waitFor({ timeout: 90_000 });
  expect(opened.faults).toEqual([]);
  await opened.close();
});

test('drain, why a job waits, cancel, retry; on a phone, in the dark', async () => {
  const phone = { width: 390, height: 844, scheme: 'dark', token: TOKEN } as const;
  const opened = await dashboard.open('/agents', phone);
  const { page } = opened;
  await page.getByRole('row', { name: /agent-0/ }).waitFor();
  await expectSound(opened);
  await page.getByRole('row', { name: /agent-0/ }).click();
  await page.getByRole('button', { name: 'Drain agent-0' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Drain' }).click();
  await page.locator('.badge', { hasText: 'draining' }).first().waitFor();
  const agent = page.url();
  const job = await submit(SLOW);
  await page.goto(`${origin}/jobs/${job}`);
  await page.getByText('Waiting: no agent takes work: 1 draining, none online').waitFor();
  await expectSound(opened);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel the job' }).click();
  await state(page, 'cancelled').waitFor();
  await page.getByRole('button', { name: 'Retry' }).click();
  await state(page, 'queued').waitFor();
  await page.goto(agent);
  await page.getByRole('button', { name: 'Let agent-0 take work again' }).click();
  await page.goto(`${origin}/jobs/${job}`);
  await state(page, 'encoding').waitFor({ timeout: 60_000 });
  await expectSound(opened);
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.waitForURL(`${origin}/`);
  expect((await api.refused(`GET /jobs/${job}`)).status).toBe(404);
  await opened.close();
});

test('of a command that fails: why, in words, with the last lines of the tool', async () => {
  const job = await submit('ffmpeg -i - -c:v libx264 -preset nonsense CLIPGRID_OUTPUT.mkv');
  const opened = await dashboard.open(`/jobs/${job}`, { token: TOKEN });
  const { page } = opened;
  await state(page, 'failed').waitFor({ timeout: 60_000 });
  const why = page.getByRole('region', { name: 'Why it failed' });
  expect(await why.locator('.output').textContent()).toMatch(/nonsense/);
  await why.getByRole('button', { name: 'Show the task' }).click();
  await page.getByRole('complementary').locator('.output', { hasText: 'nonsense' }).waitFor();
  await expectSound(opened);
  await opened.close();
});

async function expectNoFault({ axe, faults }: DashboardPage): Promise<void> {
  expect(await axe()).toEqual([]);
  expect(faults).toEqual([]);
}

/** Presses Tab until the focus is there, as somebody without a mouse does. */
async function tabTo(page: Page, selector: string): Promise<void> {
  await page.locator(selector).waitFor();
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate<boolean>(`document.activeElement.matches(${JSON.stringify(selector)})`)) return;
  }
  throw new Error(`Tab does not come to ${selector}`);
}
