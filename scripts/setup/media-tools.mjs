import { aptInstall } from './apt.mjs';
import { say } from './root.mjs';
import { which } from './shell.mjs';

/** Program to Debian package. The first two are needed; without the others only commands that name them cannot run. */
const PROGRAMS = { ffmpeg: 'ffmpeg', ffprobe: 'ffmpeg', x264: 'x264', x265: 'x265' };
const NEEDED = ['ffmpeg', 'ffprobe'];

const missing = () => Object.keys(PROGRAMS).filter((name) => !which(name));

/** Throws when ffmpeg or ffprobe cannot be had. */
export async function ensureMediaTools() {
  if (missing().length === 0) return;
  const packages = [...new Set(missing().map((name) => PROGRAMS[name]))];
  const reason = await aptInstall(packages);
  const still = missing();
  if (still.some((name) => NEEDED.includes(name)))
    throw new Error(`${still.join(', ')} not found on PATH; ${reason}`);
  if (still.length > 0)
    say(`${still.join(', ')} not found, encoder commands that name them cannot run; ${reason}`);
  else say(`${packages.join(', ')} installed`);
}
