/** A part of a list in descending order of ids; undefined: an empty list, with the true total. */
export interface Slice {
  readonly limit: number;
  readonly offset: number;
}

const DEFAULT_COUNT = 10;
const MAX_COUNT = 1_000;
/** Beyond this no list goes, and the product stays an integer. */
const MAX_PAGE = 1_000_000_000;

function number(text: string | null, fallback: number): number | undefined {
  if (text === null || text === '') return fallback;
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** `page` (1; 0 is 1) and `count` (10, at most 1000) of a query; anything else is an empty list. */
export function sliceOf(query: URLSearchParams): Slice | undefined {
  const page = number(query.get('page'), 1);
  const count = number(query.get('count'), DEFAULT_COUNT);
  if (page === undefined || count === undefined || count === 0 || page > MAX_PAGE) return undefined;
  const limit = Math.min(count, MAX_COUNT);
  return { limit, offset: (Math.max(page, 1) - 1) * limit };
}

/** A positive id of a path; undefined: it names nothing. */
export function idOf(text: string): number | undefined {
  const id = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  return id > 0 && id < 2 ** 31 ? id : undefined;
}
