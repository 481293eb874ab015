import { setUpRuntime } from './setup/all.mjs';
import { fail, launch } from './setup/launch.mjs';
import { ROOT } from './setup/root.mjs';

setUpRuntime()
  .then((node) => launch(node, [`${ROOT}/scripts/pack.ts`, ...process.argv.slice(2)]))
  .catch(fail);
