import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { ROOT } from './root.mjs';

const WANTED_MAJOR = 24;

/** The folder of an npm package, wherever npm put it; undefined when it is not installed. */
function packageFolder(name) {
  try {
    return dirname(createRequire(`${ROOT}/package.json`).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

/** The Node 24 that came by npm; else the one that runs us, when it is new enough. */
export function findNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const folder = packageFolder(`node-${platform}-${process.arch}`);
  const path = `${folder}/bin/${process.platform === 'win32' ? 'node.exe' : 'node'}`;
  if (folder && existsSync(path)) return path;
  if (Number(process.versions.node.split('.')[0]) >= WANTED_MAJOR) return process.execPath;
  throw new Error(
    `there is no npm package of Node ${WANTED_MAJOR} for ${process.platform}-${process.arch}, and this is ${process.version}: install Node ${WANTED_MAJOR} or newer and run this again`,
  );
}
