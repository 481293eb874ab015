import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Devices of graphics cards, and what a program must have to open them. */
export interface GpuDevices {
  readonly paths: readonly string[];
  /** Groups that own them. */
  readonly groups: readonly number[];
}

const GPU = /^(dri|kfd|nvidia.*|dxg|video1[01])$/;

/** What this machine has below `/dev` for graphics cards. No card was at hand: written, never met. */
export async function findGpuDevices(): Promise<GpuDevices> {
  const names = (await readdir('/dev')).filter((name) => GPU.test(name));
  const paths = names.map((name) => join('/dev', name));
  const nodes = paths.includes('/dev/dri')
    ? (await readdir('/dev/dri')).map((name) => join('/dev/dri', name))
    : [];
  const owners = await Promise.all([...paths, ...nodes].map(async (path) => (await stat(path)).gid));
  return { paths, groups: [...new Set(owners)].filter((group) => group !== 0) };
}
