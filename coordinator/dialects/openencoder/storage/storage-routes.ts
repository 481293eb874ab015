import type { Context } from '../context.ts';
import { toGridError } from '../../../../shared/errors.ts';
import { failure } from '../errors.ts';
import { ok, type Answer, type Request, type Route } from '../routes.ts';
import { bucketAddress } from './bucket-address.ts';
import { Bucket } from './bucket.ts';

/** Contract 2.11. */
export function storageRoutes({ parts, options }: Context): Route[] {
  async function list({ query }: Request): Promise<Answer> {
    const address = bucketAddress(await options.all(), 'inbound');
    if (address === undefined)
      throw failure(502, 'the object store is not configured: an administrator can set it in the settings');
    const bucket = new Bucket(address, parts.clock);
    const { folders, files } = await bucket.list(query.get('prefix') ?? '').catch((error: unknown) => {
      const { message } = toGridError(error);
      parts.logger.warn({ error: message }, 'the inbound bucket cannot be listed');
      throw failure(502, message);
    });
    return ok({
      data: { folders, files: files.map(({ key, sizeBytes }) => ({ name: key, size: sizeBytes })) },
    });
  }
  return [{ method: 'GET', path: '/storage/list', who: 'guest', handle: list }];
}
