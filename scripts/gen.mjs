import { fail, launch } from './setup/launch.mjs';
import { withLock } from './setup/lock.mjs';
import { findNode } from './setup/node24.mjs';
import { ensurePackages } from './setup/npm-packages.mjs';
import { ensureOpenApiTypes } from './setup/openapi-types.mjs';
import { ROOT } from './setup/root.mjs';

withLock(async () => {
  await ensurePackages();
  await ensureOpenApiTypes();
})
  .then(() => launch(findNode(), [`${ROOT}/scripts/gen.ts`]))
  .catch(fail);
