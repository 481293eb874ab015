import { setUp } from './setup/all.mjs';
import { fail, launch } from './setup/launch.mjs';
import { ROOT } from './setup/root.mjs';

setUp({ tests: true })
  .then((node) => launch(node, [`${ROOT}/scripts/check/main.ts`, ...process.argv.slice(2)]))
  .catch(fail);
