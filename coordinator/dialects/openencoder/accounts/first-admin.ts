import type { Service } from '../../../../shared/service.ts';
import type { Context } from '../context.ts';
import { REALM } from './callers.ts';

const PASSWORD_BYTES = 12;

/** The first start makes `admin`, who must set another password before anything else. */
export function firstAdmin({ parts, settings }: Context): Service {
  return {
    name: 'the first administrator of the Open Encoder API',
    async start() {
      const password = settings.adminPassword ?? parts.ids.secret(PASSWORD_BYTES);
      const { created } = await parts.grid.users.ensureAdmin({
        realm: REALM,
        name: 'admin',
        password,
        role: 'admin',
        mustReset: true,
      });
      // Told once, and good for one thing only: to set another one.
      if (created && settings.adminPassword === undefined)
        parts.logger.warn({ user: 'admin' }, `the first password of the Open Encoder API is ${password}`);
    },
    stop: () => Promise.resolve(),
  };
}
