#!/usr/bin/env node
import { setUpRuntime } from '../scripts/setup/all.mjs';
import { fail, launch } from '../scripts/setup/launch.mjs';
import { ROOT } from '../scripts/setup/root.mjs';

setUpRuntime()
  .then((node) => launch(node, [`${ROOT}/cli/main.ts`, ...process.argv.slice(2)]))
  .catch(fail);
