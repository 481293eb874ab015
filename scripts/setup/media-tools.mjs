import { aptInstall } from './apt.mjs';
import { say } from './root.mjs';
import { which } from './shell.mjs';

/** Program to Debian package. The first two are needed. */
const PROGRAMS = { ffmpeg: 'ffmpeg', ffprobe: 'ffmpeg', x264: 'x264', x265: 'x265', bwrap: 'bubblewrap' };
const NEEDED = ['ffmpeg', 'ffprobe'];

/** What is lost without a program that is not needed. */
const lost = (name) =>
  name === 'bwrap'
    ? 'bwrap not found, scripts and encoders run without walls: they can read what the agent can read, and use the network'
    : `${name} not found, encoder commands that name it cannot run`;

const missing = () => Object.keys(PROGRAMS).filter((name) => !which(name));

/** Throws when ffmpeg or ffprobe cannot be had. */
export async function ensureMediaTools() {
  if (missing().length === 0) return;
  const packages = [...new Set(missing().map((name) => PROGRAMS[name]))];
  const reason = await aptInstall(packages);
  const still = missing();
  if (still.some((name) => NEEDED.includes(name)))
    throw new Error(`${still.join(', ')} not found on PATH; ${reason}`);
  if (still.length > 0) say(`${still.map(lost).join('; ')}; ${reason}`);
  else say(`${packages.join(', ')} installed`);
}
