import { setUp } from './setup/all.mjs';
import { fail, launch } from './setup/launch.mjs';
import { ROOT } from './setup/root.mjs';

setUp()
  .then((node) => launch(node, [`${ROOT}/test/chaos/main.ts`, ...process.argv.slice(2)]))
  .catch(fail);
