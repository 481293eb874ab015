import { GridError } from './errors.ts';

/** What an agent says that runs the filters of a clip before its encoder. */
export const RUNS_FILTERS = 'work:filters';

/** Filters of ffmpeg that change nothing but the picture: none of them opens a file, loads code or reaches out. */
const NAMES = 'format|gradfun|hflip|scale|setsar|spp|transpose|uspp|vflip';
const FILTER = new RegExp(String.raw`^(?:${NAMES})(?:=[\w.:+=-]*)?$`);

/** Holds filters, one a word, to those that a frame source may run outside of the sandbox. Throws `invalid_argument`. */
export function checkSourceFilters(filters: readonly string[]): void {
  const wrong = filters.find((filter) => !FILTER.test(filter));
  if (wrong === undefined) return;
  const message = `the filter ${JSON.stringify(wrong)} is not among those that clips may name: ${NAMES.replaceAll('|', ', ')}`;
  throw new GridError('invalid_argument', message, { details: { field: 'filters', value: wrong } });
}
