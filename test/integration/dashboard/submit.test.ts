import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page, Route } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ApiClient } from '../../support/api-client.ts';
import { ADMIN_TOKEN, startTestCoordinator, type TestCoordinator } from '../../support/coordinator.ts';
import { openDashboard, type Dashboard } from '../../support/dashboard-browser.ts';
import { startRealAgents } from '../../support/real-agents.ts';

const PART_BYTES = 16 * 1024 * 1024;
const FILM_BYTES = 2 * PART_BYTES + 3_000_000;

let coordinator: TestCoordinator;
let agents: ReturnType<typeof startRealAgents>;
let dashboard: Dashboard;
let api: ApiClient;
let film: string;

beforeAll(async () => {
  coordinator = await startTestCoordinator({ auth: 'token', agentAuth: 'open' });
  api = new ApiClient(coordinator.url, ADMIN_TOKEN);
  agents = startRealAgents({ grpcPort: coordinator.grpcPort, folder: coordinator.folder, names: ['one'] });
  film = join(coordinator.folder, 'bunny.mp4');
  await writeFile(film, padded(await readFile('test/media/bigbuckbunny.mp4'), FILM_BYTES));
  // Another origin than the object URLs have, as on most machines: the store must let it in, and the page's policy the store.
  dashboard = await openDashboard(coordinator.host.replace('127.0.0.1', 'localhost'));
});
afterAll(async () => {
  await dashboard?.close();
  await agents?.close();
  await coordinator?.close();
});

/** The same film, made longer by a box that readers skip. */
function padded(mp4: Buffer, bytes: number): Buffer {
  const box = Buffer.alloc(bytes - mp4.length);
  box.writeUInt32BE(box.length);
  box.write('free', 4);
  return Buffer.concat([mp4, box]);
}

/** Which part a PUT is of, by what its signed URL permits. */
function partOf(route: Route): unknown {
  const claims = new URL(route.request().url()).pathname.split('/').at(-1)?.split('.')[0] ?? '';
  return (JSON.parse(Buffer.from(claims, 'base64url').toString()) as { part?: number }).part;
}

/** As if the user had dropped a small file. */
async function drop(page: Page, name: string): Promise<void> {
  const transfer = await page.evaluateHandle(`(() => {
    const data = new DataTransfer();
    data.items.add(new File(['a few bytes'], ${JSON.stringify(name)}));
    return data;
  })()`);
  await page.dispatchEvent('.drop-zone', 'drop', { dataTransfer: transfer });
}

test(
  'a film is dropped, breaks off, goes on after a reload, is looked at, and submitted',
  { timeout: 180_000 },
  async () => {
    const { page, faults, axe, close } = await dashboard.open('/submit', { token: ADMIN_TOKEN });
    const submit = page.getByRole('button', { name: 'Submit the job' });
    await page.getByRole('heading', { name: 'Submit', exact: true }).waitFor();
    expect(await axe()).toEqual([]);
    expect(await submit.isDisabled()).toBe(true);

    await drop(page, 'notes.txt');
    await page.getByText('All of it has arrived.').waitFor();
    await page.getByRole('button', { name: 'Another film' }).click();

    // One part arrives, the others hang; then the page is gone.
    const held: Route[] = [];
    await page.route('**/objects/**', async (route) => {
      if (route.request().method() !== 'PUT') return route.continue();
      if (partOf(route) === 1) return route.continue();
      held.push(route);
    });
    await page.getByLabel('Choose a film').setInputFiles(film);
    const progress = page.getByRole('progressbar', { name: 'Upload of bunny.mp4' });
    await vi.waitFor(
      async () => expect(Number(await progress.getAttribute('aria-valuenow'))).toBeGreaterThanOrEqual(40),
      20_000,
    );
    await vi.waitFor(() => expect(held).toHaveLength(2), 10_000);
    expect(await axe()).toEqual([]);
    await page.reload();
    await page.unroute('**/objects/**');

    // The first PUT after that breaks, and is tried again.
    let again = 0;
    await page.route('**/objects/**', (route) =>
      route.request().method() === 'PUT' && ++again === 1 ? route.abort('connectionreset') : route.continue(),
    );
    await page.getByLabel('Choose a film').setInputFiles(film);
    await page.getByText('16.8 MB were there already').waitFor();
    await page.getByText('All of it has arrived.').waitFor({ timeout: 40_000 });
    expect(again).toBe(3);
    const { uploads } = await api.ok('UploadList', 'GET /uploads');
    expect(uploads[0]).toMatchObject({ name: 'bunny.mp4', state: 'complete', size_bytes: FILM_BYTES });
    expect(uploads.filter(({ name }) => name === 'bunny.mp4')).toHaveLength(1);

    await page.getByLabel('Start from').selectOption('denoise');
    await page.locator('.cm-content', { hasText: 'AverageFrames' }).waitFor();
    await page.getByLabel('Start from').selectOption('resize');
    await page.locator('.cm-content', { hasText: 'Spline36' }).waitFor();
    await page.getByLabel('At second').fill('1.5');
    await page.getByRole('button', { name: 'Show a preview' }).click();
    const border = page.getByRole('slider', { name: 'Border between before and after' });
    await border.waitFor({ timeout: 60_000 });
    await border.focus();
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => border.getAttribute('aria-valuetext')).toBe('49 % before');
    const shown = await page.evaluate<[boolean, number][]>(
      `[...document.querySelectorAll('.before-after img')].map((one) => [one.complete, one.naturalHeight])`,
    );
    expect(shown[0]).toEqual([true, 720]);
    expect(await axe()).toEqual([]);

    // What is wrong is told at its field.
    await page.getByLabel('Command').fill('rm -rf /');
    await submit.click();
    await page.locator('#problem-encode', { hasText: 'rm' }).waitFor();
    expect(await page.getByLabel('Command').getAttribute('aria-invalid')).toBe('true');
    expect(new URL(page.url()).pathname).toBe('/submit');

    await page.getByRole('button', { name: 'H.264 (x264)' }).click();
    await page.getByLabel('Name of the job').fill('Bunny, smaller');
    await page.getByLabel('Sound').selectOption('aac');
    await submit.click();
    await page.waitForURL(/\/jobs\/[0-9a-f-]+$/);
    await page.getByRole('heading', { name: 'Bunny, smaller' }).waitFor();
    const id = new URL(page.url()).pathname.split('/').at(-1);
    const job = await api.ok('JobDetail', `GET /jobs/${id}`);
    expect(job).toMatchObject({
      upload_id: uploads[0]?.upload_id,
      script: expect.stringContaining('Spline36'),
    });
    expect(faults).toEqual([]);
    await close();

    const dark = await dashboard.open('/submit', {
      token: ADMIN_TOKEN,
      scheme: 'dark',
      width: 390,
      height: 844,
    });
    await dark.page
      .getByLabel('Or one that you sent before')
      .selectOption({ label: await optionOf(dark.page) });
    await dark.page.getByLabel('Start from').selectOption('deband');
    await dark.page.locator('.cm-content', { hasText: 'BoxBlur' }).waitFor();
    expect(await dark.axe()).toEqual([]);
    const wide = await dark.page.evaluate<number>('document.documentElement.scrollWidth');
    expect(wide).toBeLessThanOrEqual(390);
    expect(dark.faults).toEqual([]);
    await dark.close();
  },
);

/** The label of the film's own option. */
async function optionOf(page: Page): Promise<string> {
  const option = page.locator('option', { hasText: 'bunny.mp4' });
  await option.waitFor({ state: 'attached' });
  return (await option.textContent()) ?? '';
}
