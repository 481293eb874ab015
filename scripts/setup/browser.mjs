import { aptInstall } from './apt.mjs';
import { say } from './root.mjs';
import { which } from './shell.mjs';

/** Debian's Chromium, in which tests play what the grid made. Never throws: those tests then fail and name it. */
export async function ensureBrowser() {
  if (which('chromium')) return;
  const reason = await aptInstall(['chromium']);
  say(
    which('chromium')
      ? 'chromium installed'
      : `chromium not found, tests that need a browser fail; ${reason}`,
  );
}
