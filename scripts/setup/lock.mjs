import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { CACHE, say } from './root.mjs';

const LOCK = `${CACHE}/setup.lock`;

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function holder() {
  try {
    return Number(readFileSync(LOCK, 'utf8'));
  } catch {
    return 0;
  }
}

function tryLock() {
  try {
    writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  }
}

/** Runs `work` while no other set-up of this folder runs; a lock whose owner died is taken over. */
export async function withLock(work) {
  mkdirSync(CACHE, { recursive: true });
  let told = false;
  while (!tryLock()) {
    const pid = holder();
    if (pid > 0 && !isAlive(pid)) rmSync(LOCK, { force: true });
    if (!told && pid > 0) say(`waiting for another set-up of this folder (process ${pid})`);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  try {
    return await work();
  } finally {
    rmSync(LOCK, { force: true });
  }
}
