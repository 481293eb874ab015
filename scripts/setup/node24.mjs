import { existsSync } from 'node:fs';
import { ROOT } from './root.mjs';

const WANTED_MAJOR = 24;

/** The Node 24 that came by npm; else the one that runs us, when it is new enough. */
export function findNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const folder = `${ROOT}/node_modules/node-${platform}-${process.arch}/bin`;
  const path = `${folder}/${process.platform === 'win32' ? 'node.exe' : 'node'}`;
  if (existsSync(path)) return path;
  if (Number(process.versions.node.split('.')[0]) >= WANTED_MAJOR) return process.execPath;
  throw new Error(
    `there is no npm package of Node ${WANTED_MAJOR} for ${process.platform}-${process.arch}, and this is ${process.version}: install Node ${WANTED_MAJOR} or newer and run this again`,
  );
}
