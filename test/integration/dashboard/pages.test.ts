import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Locator, Page } from 'playwright-core';
import type { Scope } from '../../../coordinator/domain/account.ts';
import { createAccounts } from '../../../coordinator/grid/accounts.ts';
import { openPool } from '../../../coordinator/store/postgres/pool.ts';
import { postgresTokenStore } from '../../../coordinator/store/postgres/token-store.ts';
import { systemIds } from '../../../shared/ids.ts';
import { ApiClient } from '../../support/api-client.ts';
import { ADMIN_TOKEN, startTestCoordinator, type TestCoordinator } from '../../support/coordinator.ts';
import {
  openDashboard,
  type Dashboard,
  type DashboardPage,
  type PageOptions,
} from '../../support/dashboard-browser.ts';
import { labAgent, manyAgents, manyJobs } from '../../support/dashboard-scene.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';

/** More rows than these in the page would mean that those out of sight are there, too. */
const MOST_ROWS = 60;
const PAGES = ['/', '/agents', '/agents/blue', '/grid', '/tokens'];

let coordinator: TestCoordinator;
let api: ApiClient;
/** Between the browser and the coordinator. */
let network: TcpProxy;
let origin: string;
let dashboard: Dashboard;
let blue: Awaited<ReturnType<typeof labAgent>>;
let upload: string;
const tokens = new Map<Scope, string>();
const opened: DashboardPage[] = [];

beforeAll(async () => {
  coordinator = await startTestCoordinator({ auth: 'token' });
  api = new ApiClient(coordinator.url, ADMIN_TOKEN);
  network = await TcpProxy.open({ host: '127.0.0.1', port: coordinator.httpPort });
  origin = `http://${network.address}`;
  dashboard = await openDashboard(origin);
  const { db, pool } = openPool({
    connectionString: coordinator.databaseUrl,
    max: 1,
    onError: () => undefined,
  });
  const accounts = createAccounts(
    postgresTokenStore(db),
    systemIds(() => Date.now()),
  );
  for (const scope of ['read', 'submit'] as const) {
    const { secret } = await accounts.createToken({ ownerId: 'admin', name: scope, scopes: [scope] });
    tokens.set(scope, secret);
  }
  await pool.end();
  upload = await api.upload(randomBytes(1000), 'night.mkv');
});
afterAll(async () => {
  blue?.agent.close();
  await dashboard?.close();
  network?.close();
  await coordinator?.close();
});
/** No page has had an error, and none had to break its own policy. */
afterEach(async () => {
  for (const { faults, close } of opened.splice(0)) {
    expect(faults).toEqual([]);
    await close();
  }
});

async function open(path: string, options: PageOptions = {}): Promise<DashboardPage> {
  const page = await dashboard.open(path, { token: ADMIN_TOKEN, ...options });
  opened.push(page);
  return page;
}

async function submit(name: string): Promise<string> {
  const body = { upload_id: upload, name, encode: 'ffmpeg -i - -c:v libx264' };
  return (await api.ok('SubmittedJob', 'POST /jobs', { body })).job_id;
}

const rowOf = (page: Page, text: string): Locator => page.getByRole('row').filter({ hasText: text });
const button = (page: Page, name: string): Locator => page.getByRole('button', { name, exact: true });
const dialogButton = (page: Page, name: string): Locator =>
  page.getByRole('dialog').getByRole('button', { name, exact: true });

/** Resolves when the expression is true in the page. Asked from here: the page's policy lets nothing be evaluated in it. */
async function until(page: Page, expression: string): Promise<void> {
  await expect.poll(() => page.evaluate(expression), { timeout: 20_000 }).toBe(true);
}

describe('signing in', () => {
  test('a wrong token is told; the right one lets in, by the keyboard alone; signing out ends it', async () => {
    const one = await dashboard.open('/agents');
    opened.push(one);
    const { page } = one;
    await page.getByRole('heading', { name: 'Sign in to clipgrid' }).waitFor();
    expect(await one.axe()).toEqual([]);
    await until(page, `document.activeElement?.id === 'token'`);
    await page.keyboard.type('cg_wrong');
    await page.keyboard.press('Enter');
    const problem = page.getByRole('alert');
    await problem.filter({ hasText: 'there is no such token' }).waitFor();
    expect(await page.getByLabel('Token').getAttribute('aria-invalid')).toBe('true');
    await page.getByLabel('Token').fill(ADMIN_TOKEN);
    await page.keyboard.press('Enter');
    // The page that was asked for, not the first one.
    await page.getByRole('heading', { name: 'Agents', exact: true }).waitFor();
    await page.getByText('No agents yet').waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Agents', exact: true }).waitFor();
    await button(page, 'Sign out').click();
    await page.getByRole('heading', { name: 'Sign in to clipgrid' }).waitFor();
    expect((await page.context().cookies()).filter(({ value }) => value !== '')).toEqual([]);
  });

  test('a session whose token is revoked ends at the next request', async () => {
    const { page } = await open('/', { token: tokens.get('read')! });
    await page.getByText('No jobs yet').waitFor();
    await coordinator.pool.query(`update tokens set revoked_at = now() where name = 'read'`);
    // The list may be read anew at this very moment: then it has ended already.
    await page.goto(`${origin}/agents`);
    await page.getByRole('heading', { name: 'Sign in to clipgrid' }).waitFor();
    await coordinator.pool.query(`update tokens set revoked_at = null where name = 'read'`);
  });
});

describe('jobs', () => {
  test('nothing yet says what to do; a job appears, and is cancelled, retried and deleted from the page', async () => {
    const { page } = await open('/');
    await page.getByText('No jobs yet').waitFor();
    expect(await page.getByRole('link', { name: 'Upload a film' }).getAttribute('href')).toBe('/submit');
    const id = await submit('holiday.mkv');
    await rowOf(page, 'holiday.mkv').getByText('queued').waitFor();

    // By the keyboard: Space selects, the toolbar acts, the dialog asks.
    await page.getByRole('grid', { name: 'Jobs' }).focus();
    await page.keyboard.press('Space');
    await button(page, 'Cancel').click();
    const dialog = page.getByRole('dialog', { name: 'Cancel “holiday.mkv”?' });
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect((await api.ok('JobDetail', `GET /jobs/${id}`)).state).toBe('queued');
    await button(page, 'Cancel').click();
    await dialogButton(page, 'Cancel').click();
    await rowOf(page, 'holiday.mkv').getByText('cancelled').waitFor();
    expect((await api.ok('JobDetail', `GET /jobs/${id}`)).state).toBe('cancelled');

    await page.getByRole('checkbox', { name: 'Select holiday.mkv' }).check();
    expect(await button(page, 'Cancel').isDisabled()).toBe(true);
    await button(page, 'Retry').click();
    await dialogButton(page, 'Retry').click();
    await rowOf(page, 'holiday.mkv').getByText('queued').waitFor();
    await api.ok('Job', `POST /jobs/${id}/cancel`);
    await rowOf(page, 'holiday.mkv').getByText('cancelled').waitFor();

    await page.getByRole('checkbox', { name: 'Select holiday.mkv' }).check();
    await button(page, 'Delete').click();
    await dialogButton(page, 'Delete').click();
    await page.getByText('No jobs yet').waitFor();
    expect((await api.refused(`GET /jobs/${id}`)).status).toBe(404);
  });

  test('ten thousand stay light: few rows exist, pages come by themselves, filters are kept in the address', async () => {
    await submit('needle.mkv');
    await manyJobs(coordinator.pool, 10_000);
    const { page } = await open('/');
    const grid = page.getByRole('grid', { name: 'Jobs' });
    await rowOf(page, 'needle.mkv').waitFor();
    const rows = () => page.getByRole('row').count();
    expect(await rows()).toBeLessThan(MOST_ROWS);
    await page.getByRole('button', { name: 'failed 2,500' }).waitFor();

    await grid.focus();
    // The next page is read before its rows are in sight, again and again.
    for (const film of [150, 350, 550]) {
      await page.keyboard.press('End');
      await until(page, `document.querySelector('.tbody').clientHeight >= ${(film + 100) * 44}`);
    }
    expect(await rows()).toBeLessThan(MOST_ROWS);

    await page.keyboard.press('/');
    await page.keyboard.type('FILM 9998.');
    await rowOf(page, 'film 9998.mkv').waitFor();
    expect(await rows()).toBe(2);
    expect(new URL(page.url()).searchParams.get('name')).toBe('FILM 9998.');
    await page.goto(`${origin}/?state=queued`);
    await rowOf(page, 'needle.mkv').waitFor();
    expect(await rows()).toBe(2);
    expect(await page.getByRole('button', { name: /^queued/ }).getAttribute('aria-pressed')).toBe('true');
    // Out of the filter, out of the list: without a reload.
    const { jobs } = await api.ok('JobList', 'GET /jobs?state=queued');
    await api.ok('Job', `POST /jobs/${jobs[0]!.job_id}/cancel`);
    await page.getByText('No job is like that').waitFor();
    await button(page, 'Show all jobs').click();
    await rowOf(page, 'needle.mkv').getByText('cancelled').waitFor();
  });

  test('the keyboard reaches all: skip link, rows, a job', async () => {
    const { page } = await open('/');
    await rowOf(page, 'needle.mkv').waitFor();
    await page.reload();
    await rowOf(page, 'needle.mkv').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent.trim()')).toBe('Skip to the content');
    expect(await page.evaluate(`getComputedStyle(document.activeElement).outlineStyle`)).toBe('solid');
    await page.keyboard.press('Enter');
    await until(page, `document.activeElement.id === 'main'`);
    for (let i = 0; i < 30; i++) {
      await page.keyboard.press('Tab');
      if ((await page.evaluate('document.activeElement.getAttribute("role")')) === 'grid') break;
    }
    await page.keyboard.press('ArrowDown');
    const active = page.locator('[data-active="true"]');
    await expect.poll(() => active.getAttribute('aria-rowindex')).toBe('3');
    expect(await page.getByRole('grid').getAttribute('aria-activedescendant')).toBe(
      await active.getAttribute('id'),
    );
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/jobs\/[0-9a-f-]{36}$/);
    await page.goBack();
    await rowOf(page, 'needle.mkv').waitFor();
  });
});

describe('agents', () => {
  test('come live with hardware and load; are drained, taken back and revoked from the page', async () => {
    const { page } = await open('/agents');
    blue = await labAgent(coordinator.grpcPort, { name: 'blue', token: ADMIN_TOKEN, gpu: 'RTX 4090' });
    const row = rowOf(page, 'blue');
    await row.getByText('online').waitFor();
    await row.getByText('RTX 4090').waitFor();
    blue.tell({ cpu: 0.42, gpu: 0.87 });
    await row.getByText('42 %').waitFor();
    await row.getByText('87 %').waitFor();
    await row.getByRole('img', { name: 'cpu of blue: 42 %' }).locator('.line[d*="L"]').waitFor();

    await button(page, 'Drain blue').click();
    await page.getByLabel('What it still holds is taken back').selectOption('After 10 minutes');
    await dialogButton(page, 'Drain').click();
    await row.getByText('draining').waitFor();
    expect((await blue.agent.next('drain')).reason).not.toBe('');
    await row.getByRole('link', { name: 'blue' }).click();
    await page.getByText(/finishes what it holds and takes nothing new; .* in (9|10) min/).waitFor();
    await page.getByText('tool:vapoursynth: set-up found no Python').waitFor();
    await page.getByText('libx264').waitFor();
    await button(page, 'Let blue take work again').click();
    await page.getByText('online', { exact: true }).waitFor();

    const green = await labAgent(coordinator.grpcPort, { name: 'green', token: ADMIN_TOKEN });
    await page.getByRole('link', { name: 'Agents', exact: true }).click();
    await rowOf(page, 'green').waitFor();
    await button(page, 'Revoke green').click();
    await dialogButton(page, 'Revoke').click();
    await rowOf(page, 'green').getByText('revoked').waitFor();
    green.agent.close();
  });

  test('what it works on is shown, with its progress and a way to the job', async () => {
    const id = await submit('clip.mkv');
    const grant = await blue.agent.next('grant');
    blue.tell({ cpu: 0.5, fps: 31, frames: 40 }, grant.fence ? [grant.fence] : []);
    const { page } = await open('/agents/blue');
    const task = page.getByRole('link', { name: 'index' });
    await task.waitFor();
    expect(await task.getAttribute('href')).toBe(`/jobs/${id}`);
    await page.getByText('31 fps').waitFor();
    await page.getByText('1 of 4 slots').waitFor();
    await api.ok('Job', `POST /jobs/${id}/cancel`);
    await page.getByText('Nothing now.').waitFor();
  });

  test('a thousand stay light, and are found', async () => {
    await manyAgents(coordinator.pool, 1_000);
    const { page } = await open('/agents');
    await page.getByText('1 of 1,002 there').waitFor();
    expect(await page.getByRole('row').count()).toBeLessThan(MOST_ROWS);
    await page.getByRole('searchbox').fill('machine 0777');
    await rowOf(page, 'machine 0777').waitFor();
    expect(await page.getByRole('row').count()).toBe(2);
    await coordinator.pool.query(`delete from agents where name like 'machine %'`);
  });
});

test('join tokens: the secret and the one line are shown once; revoked ones say so', async () => {
  const { page } = await open('/tokens');
  await page.getByText('No join tokens yet').waitFor();
  await page.getByLabel('For how many machines').fill('3');
  await button(page, 'Make a join token').click();
  const line = page.locator('.secret pre');
  await line.waitFor();
  expect(await line.textContent()).toMatch(
    new RegExp(
      `^CLIPGRID_JOIN_TOKEN=\\S+ npx clipgrid agent --coordinator 127\\.0\\.0\\.1:${coordinator.grpcPort}$`,
    ),
  );
  const row = page.getByRole('region', { name: 'Join tokens' }).locator('tbody tr');
  await row.getByText('0 of 3').waitFor();
  await page.reload();
  await row.waitFor();
  expect(await line.count()).toBe(0);
  await row.getByRole('button', { name: 'Revoke' }).click();
  await dialogButton(page, 'Revoke').click();
  await row.getByText('revoked').waitFor();
});

test('access tokens: one that is made here lets somebody in, until it is revoked here', async () => {
  const { page } = await open('/tokens');
  await page.getByLabel('For whom').fill('ann');
  await page.getByRole('combobox', { name: /^May/ }).selectOption('read');
  await button(page, 'Make an access token').click();
  const token = (await page.locator('.secret pre').textContent()) ?? '';
  const anns = await open('/grid', { token });
  await page.locator('tr').filter({ hasText: 'ann' }).getByRole('button', { name: 'Revoke' }).click();
  await dialogButton(page, 'Revoke').click();
  await page.locator('tr').filter({ hasText: 'ann' }).waitFor({ state: 'detached' });
  await anns.page.goto(`${origin}/agents`);
  await anns.page.getByRole('heading', { name: 'Sign in to clipgrid' }).waitFor();
});

test('the grid: figures, plots of the past and of now, jobs by state', async () => {
  const { page } = await open('/grid');
  await page
    .getByRole('img', { name: /^Throughput over time/ })
    .locator('canvas')
    .waitFor();
  expect(await page.locator('.plot canvas').count()).toBe(3);
  await page.getByRole('link', { name: /^failed 2,500$/ }).click();
  await page.waitForURL(/\?state=failed$/);
  await rowOf(page, 'film 2.mkv').waitFor();
});

describe('roles', () => {
  test('who may only read sees no button that changes anything', async () => {
    const { page } = await open('/', { token: tokens.get('read')! });
    await rowOf(page, 'needle.mkv').waitFor();
    expect(await page.getByRole('checkbox').count()).toBe(0);
    expect(await page.getByRole('link', { name: 'New job' }).count()).toBe(0);
    const places = page.getByRole('navigation', { name: 'Pages' }).getByRole('link');
    expect(await places.allTextContents()).toEqual(['Jobs', 'Agents', 'Grid']);
    await page.getByRole('link', { name: 'Agents' }).click();
    await rowOf(page, 'blue').waitFor();
    expect(await page.getByRole('button', { name: /Drain|Revoke/ }).count()).toBe(0);
    await page.goto(`${origin}/tokens`);
    await page.getByText('Tokens are for administrators').waitFor();
  });

  test('who may submit does so, and drains nothing', async () => {
    const { page } = await open('/', { token: tokens.get('submit')! });
    await page.getByRole('link', { name: 'New job' }).waitFor();
    await page.getByRole('checkbox', { name: 'Select needle.mkv' }).waitFor();
    await page.getByRole('link', { name: 'Agents' }).click();
    await rowOf(page, 'blue').waitFor();
    expect(await page.getByRole('button', { name: /Drain|Revoke/ }).count()).toBe(0);
  });
});

describe('every page', () => {
  const ground = (page: Page) =>
    page.evaluate<string>('getComputedStyle(document.body.parentElement).backgroundColor');

  test('follows the system in light and dark, or the switch, which is kept', async () => {
    const { page } = await open('/', { scheme: 'dark' });
    const dark = await ground(page);
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await ground(page);
    expect(light).not.toBe(dark);
    const toggle = page.getByRole('button', { name: /^Theme:/ });
    await toggle.click();
    await page.getByRole('button', { name: 'Theme: light' }).click();
    await page.getByRole('button', { name: 'Theme: dark' }).waitFor();
    expect(await ground(page)).toBe(dark);
    await page.reload();
    await page.getByRole('button', { name: 'Theme: dark' }).waitFor();
    expect(await ground(page)).toBe(dark);
  });

  test('has no serious fault by axe-core, light, dark and on a phone, where nothing sticks out', async () => {
    const one = await open('/');
    const { page } = one;
    for (const path of PAGES) {
      await page.goto(origin + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await until(page, `document.querySelector('.connection').dataset.state === 'live'`);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect([path, colorScheme, await one.axe()]).toEqual([path, colorScheme, []]);
      }
      await page.setViewportSize({ width: 360, height: 740 });
      const widths =
        'document.documentElement.scrollWidth + " " + document.getElementById("main").scrollWidth';
      // Plots follow their box a moment later.
      await expect.poll(async () => [path, await page.evaluate(widths)]).toEqual([path, '360 360']);
      expect([path, 'phone', await one.axe()]).toEqual([path, 'phone', []]);
      await page.setViewportSize({ width: 1280, height: 800 });
    }
  });

  test('says when the connection is lost, and goes on by itself', async () => {
    const { page } = await open('/');
    await page.getByText('Live', { exact: true }).waitFor();
    network.cut();
    await page.getByText(/Connecting|Connection lost/).waitFor();
    await network.mend();
    await page.getByText('Live', { exact: true }).waitFor();
    await submit('after.mkv');
    await rowOf(page, 'after.mkv').waitFor();
  });

  test('an unknown one says so', async () => {
    const { page } = await open('/agents/nobody');
    await page.getByText('There is no agent nobody').waitFor();
    await page.getByRole('link', { name: 'All agents' }).click();
    await rowOf(page, 'blue').waitFor();
  });
});
