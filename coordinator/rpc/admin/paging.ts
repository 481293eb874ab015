import { GridError } from '../../../shared/errors.ts';
import { invalidField } from './deps.ts';

const DEFAULT_PAGE = 100;
/** So many tasks, with the ends of their logs, stay below the 4 MiB that clients take unless told otherwise. */
export const MAX_PAGE = 500;
const MAX_TOKEN_CHARS = 300;

export interface PageRequest {
  readonly pageSize: number;
  readonly pageToken: string;
}

/** Limit and cursor of a list, as the grid's face takes them. */
export function pageOf({ pageSize, pageToken }: PageRequest): { limit: number; cursor?: string } {
  if (pageSize > MAX_PAGE)
    throw invalidField('page_size', pageSize, `1 to ${MAX_PAGE}, or 0 for ${DEFAULT_PAGE}`);
  if (pageToken.length > MAX_TOKEN_CHARS) throw badToken(pageToken);
  const limit = pageSize === 0 ? DEFAULT_PAGE : pageSize;
  return pageToken === '' ? { limit } : { limit, cursor: pageToken };
}

/** What the stores call a cursor is a page token here. */
export async function namingToken<T>({ pageToken }: PageRequest, list: Promise<T>): Promise<T> {
  try {
    return await list;
  } catch (thrown) {
    if (thrown instanceof GridError && thrown.details['field'] === 'cursor') throw badToken(pageToken);
    throw thrown;
  }
}

export function badToken(pageToken: string): GridError {
  return invalidField('page_token', pageToken, 'give the next_page_token of the page before, unchanged');
}

/** A page of a list that is short enough to be read whole. The token names the last one of the page before. */
export function slicePage<T>(
  request: PageRequest,
  all: readonly T[],
  idOf: (item: T) => string,
): { items: readonly T[]; nextPageToken: string } {
  const { limit, cursor } = pageOf(request);
  const before = Buffer.from(cursor ?? '', 'base64url').toString();
  const from = cursor === undefined ? 0 : all.findIndex((item) => idOf(item) === before) + 1;
  if (cursor !== undefined && from === 0) throw badToken(cursor);
  const items = all.slice(from, from + limit);
  const last = from + limit < all.length ? items.at(-1) : undefined;
  return { items, nextPageToken: last === undefined ? '' : Buffer.from(idOf(last)).toString('base64url') };
}
