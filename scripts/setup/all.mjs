import { ensureBrowser } from './browser.mjs';
import { withLock } from './lock.mjs';
import { ensureMediaTools } from './media-tools.mjs';
import { findNode } from './node24.mjs';
import { ensurePackages } from './npm-packages.mjs';
import { ensureSchemathesis } from './schemathesis.mjs';
import { ensureVapourSynth } from './vapoursynth.mjs';

/** Packages and Node 24 only: what a command needs that runs no media tool here. Returns the path of Node. */
export async function setUpRuntime() {
  await withLock(ensurePackages);
  return findNode();
}

/** Everything; with `tests` also what only tests need. Returns the path of Node 24. Throws with a message for people when a needed part cannot be had. */
export async function setUp(options = {}) {
  return withLock(async () => {
    await ensurePackages();
    const node = findNode();
    await ensureMediaTools();
    await ensureVapourSynth(options);
    if (options.tests) {
      await ensureSchemathesis();
      await ensureBrowser();
    }
    return node;
  });
}
