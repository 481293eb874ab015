import { ensureDashboard } from './dashboard.mjs';
import { withLock } from './lock.mjs';
import { ensureMediaTools } from './media-tools.mjs';
import { findNode } from './node24.mjs';
import { ensureOpenApiTypes } from './openapi-types.mjs';
import { ensurePackages } from './npm-packages.mjs';
import { ensurePromtool } from './promtool.mjs';
import { ensureTestPrograms } from './test-programs.mjs';
import { ensureTestTools } from './test-tools.mjs';
import { ensureVapourSynth } from './vapoursynth.mjs';

/** Packages, Node 24 and the dashboard only: what a command needs that runs no media tool here. Returns the path of Node. */
export async function setUpRuntime() {
  return withLock(async () => {
    await ensurePackages();
    const node = findNode();
    await ensureDashboard(node);
    return node;
  });
}

/** Everything; with `tests` also what only tests need. Returns the path of Node 24. Throws with a message for people when a needed part cannot be had. */
export async function setUp(options = {}) {
  return withLock(async () => {
    await ensurePackages();
    const node = findNode();
    await ensureDashboard(node);
    await ensureMediaTools();
    await ensureVapourSynth(options);
    if (options.tests) {
      await ensureOpenApiTypes();
      await ensureTestPrograms();
      await ensureTestTools();
      await ensurePromtool();
    }
    return node;
  });
}
