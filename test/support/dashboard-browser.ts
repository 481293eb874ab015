import { readFileSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';
import { ensureDashboard } from '../../scripts/setup/dashboard.mjs';
import { withLock } from '../../scripts/setup/lock.mjs';
import { chromiumPath } from './chromium.ts';

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  /** What the system says. Default: light. */
  readonly scheme?: 'light' | 'dark';
  /** Signs in with it, at the sign-in page. */
  readonly token?: string;
}

/** A page of the dashboard, and what went wrong in it. */
export interface DashboardPage {
  readonly page: Page;
  /** Errors of scripts and of the console, the content security policy's among them; a test expects none. */
  readonly faults: readonly string[];
  /** Faults that axe-core calls serious or critical, in words. */
  axe(): Promise<string[]>;
  close(): Promise<void>;
}

/** Chromium with the dashboard of `url`, built from the sources as they are. */
export async function openDashboard(url: string) {
  await withLock(() => ensureDashboard(process.execPath));
  const browser: Browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox'] });

  /** A page with cookies of its own at `path`. */
  async function open(path: string, options: PageOptions = {}): Promise<DashboardPage> {
    const { width = 1280, height = 800, scheme = 'light', token } = options;
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme });
    context.setDefaultTimeout(20_000);
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => {
      // An answer that is no success is the page's to tell; Chromium says it, too.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        faults.push(message.text());
    });
    await page.goto(url + path);
    if (token !== undefined) {
      await page.getByLabel('Token').fill(token);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('navigation', { name: 'Pages' }).waitFor();
    }
    return { page, faults, axe: () => seriousFaults(page), close: () => context.close() };
  }
  return { browser, open, close: () => browser.close() };
}

export type Dashboard = Awaited<ReturnType<typeof openDashboard>>;

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string | null;
    readonly help: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
  }[];
}

/** Evaluated by the debugger: the page's policy lets in no script of others. */
async function seriousFaults(page: Page): Promise<string[]> {
  await page.evaluate(readFileSync('node_modules/axe-core/axe.min.js', 'utf8'));
  const { violations } = await page.evaluate<AxeResults>('axe.run(document)');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => {
      const places = nodes.slice(0, 3).map(({ html, failureSummary = '' }) => `${html}\n${failureSummary}`);
      return [`${id}: ${help}`, ...places].join('\n');
    });
}
