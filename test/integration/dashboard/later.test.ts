import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestCoordinator, type TestCoordinator } from '../../support/coordinator.ts';
import { openDashboard, type Dashboard } from '../../support/dashboard-browser.ts';

/** Of all scripts and styles that the first page wants, packed. */
const MOST_BYTES = 60_000;

let coordinator: TestCoordinator;
let dashboard: Dashboard;

beforeAll(async () => {
  coordinator = await startTestCoordinator();
  dashboard = await openDashboard(coordinator.host);
});
afterAll(async () => {
  await dashboard?.close();
  await coordinator?.close();
});

interface Fetched {
  readonly path: string;
  /** As they were sent. */
  readonly bytes: number;
}

/** The scripts and styles that the page has fetched until now. */
async function fetchedOf(page: Page): Promise<Fetched[]> {
  return page.evaluate<Fetched[]>(`performance.getEntriesByType('resource')
    .map((one) => ({ path: new URL(one.name).pathname, bytes: one.encodedBodySize }))
    .filter(({ path }) => /\\.(js|css)$/.test(path))`);
}

test('the first page is small; what only the plots and the editor need is fetched with their pages', async () => {
  const { page, faults, close } = await dashboard.open('/');
  await page.getByRole('heading', { name: 'Jobs', exact: true }).waitFor();
  const first = await fetchedOf(page);
  const bytes = first.reduce((sum, one) => sum + one.bytes, 0);
  expect(bytes).toBeGreaterThan(20_000);
  expect(bytes).toBeLessThan(MOST_BYTES);
  const nav = page.getByRole('navigation', { name: 'Pages' });
  await nav.getByRole('link', { name: 'Grid' }).click();
  await page.getByRole('heading', { name: 'Grid', exact: true }).waitFor();
  await nav.getByRole('link', { name: 'Submit' }).click();
  await page.locator('.cm-content').waitFor();
  const later = (await fetchedOf(page)).slice(first.length);
  expect(later.length).toBeGreaterThanOrEqual(4);
  for (const { path } of later) {
    const { headers } = await fetch(coordinator.host + path);
    expect([path, headers.get('cache-control')]).toEqual([path, 'public, max-age=31536000, immutable']);
  }
  expect(faults).toEqual([]);
  await close();
});

test('a script that is there no more, since the coordinator was replaced: the page says to reload it', async () => {
  const { page, faults, axe, close } = await dashboard.open('/');
  const nav = page.getByRole('navigation', { name: 'Pages' });
  await page.route('**/assets/submit-page*', async (route) => {
    await route.continue({ url: route.request().url().replace('submit-page', 'of-another-version') });
  });
  await nav.getByRole('link', { name: 'Submit' }).click();
  await page.getByRole('alert').filter({ hasText: 'could not be loaded' }).waitFor();
  expect(await axe()).toEqual([]);
  await nav.getByRole('link', { name: 'Agents' }).click();
  await page.getByRole('heading', { name: 'Agents', exact: true }).waitFor();
  await nav.getByRole('link', { name: 'Submit' }).click();
  await page.unroute('**/assets/submit-page*');
  await page.getByRole('button', { name: 'Reload the page' }).click();
  await page.locator('.cm-content').waitFor();
  expect(faults).toEqual([]);
  await close();
});
