import { aptInstall } from './apt.mjs';
import { say } from './root.mjs';
import { which } from './shell.mjs';

/** Debian's programs that only tests need: a browser that plays what the grid made, and what judges units. */
const PROGRAMS = { chromium: 'chromium', 'systemd-analyze': 'systemd' };

/** Never throws: the tests that need them fail and name them. */
export async function ensureTestTools() {
  const missing = () => Object.keys(PROGRAMS).filter((name) => !which(name));
  const before = missing();
  if (before.length === 0) return;
  const reason = await aptInstall(before.map((name) => PROGRAMS[name]));
  const still = missing();
  say(
    still.length === 0
      ? `${before.join(', ')} installed`
      : `${still.join(', ')} not found, tests that need them fail; ${reason}`,
  );
}
