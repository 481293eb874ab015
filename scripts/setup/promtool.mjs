import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { CACHE, say } from './root.mjs';
import { run, tail, which } from './shell.mjs';

const FOLDER = `${CACHE}/promtool`;
const PROGRAM = `${FOLDER}/usr/bin/promtool`;

/** Where promtool is, or undefined. */
export function findPromtool() {
  return which('promtool') ?? (existsSync(PROGRAM) ? PROGRAM : undefined);
}

/** Out of Debian's package, which is not installed: it would start a server. Returns why not, or undefined. */
async function unpack() {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  const fetched = await run('apt-get', ['-q', 'download', 'prometheus'], { cwd: FOLDER });
  const [name] = readdirSync(FOLDER).filter((one) => one.endsWith('.deb'));
  if (fetched.code !== 0 || name === undefined) return tail(fetched.output);
  const unpacked = await run('dpkg-deb', ['-x', name, 'all'], { cwd: FOLDER });
  if (unpacked.code !== 0) return tail(unpacked.output);
  const moved = await run(
    'sh',
    ['-c', 'mkdir -p usr/bin && mv all/usr/bin/promtool usr/bin/ && rm -rf all *.deb'],
    {
      cwd: FOLDER,
    },
  );
  return moved.code === 0 && existsSync(PROGRAM) ? undefined : tail(moved.output);
}

/** promtool checks deploy/grafana's rules. Never throws: the test that needs it says what is missing. */
export async function ensurePromtool() {
  if (findPromtool()) return;
  say('fetching promtool (apt-get download prometheus) ...');
  const reason = which('apt-get') ? await unpack() : 'there is no apt-get';
  if (reason !== undefined) say(`promtool cannot be had, so its test fails:\n${reason}`);
}
