import { createRestClient, type RestClient } from '../../../client/rest-client.ts';

/** The client of the command line for `http://host:port/api/v1`. */
export function restOf(api: string): RestClient {
  return createRestClient({ url: api.replace(/\/api\/v1$/, '') });
}
