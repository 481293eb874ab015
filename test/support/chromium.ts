import { existsSync } from 'node:fs';

/** As Debian installs it, and others; the set-up for tests sees to it. */
const CHROMIUMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser'];

/** Where the browser is. */
export function chromiumPath(): string {
  const path = CHROMIUMS.find((one) => existsSync(one));
  if (path === undefined) throw new Error(`no browser: ${CHROMIUMS.join(', ')} is not there`);
  return path;
}
