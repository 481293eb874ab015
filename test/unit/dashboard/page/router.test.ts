import { expect, test } from 'vitest';
import { paths, routeOf } from '../../../../coordinator/dashboard/src/app/router.ts';

test.each([
  ['/', { page: 'jobs' }],
  [paths.agent('blue 7/ä'), { page: 'agent', id: 'blue 7/ä' }],
  ['/jobs/1/2', { page: 'unknown', path: '/jobs/1/2' }],
  // It is no UTF-8: the page says that there is nothing, and does not break.
  ['/jobs/%E0%A4%A', { page: 'unknown', path: '/jobs/%E0%A4%A' }],
  ['/agents/%', { page: 'unknown', path: '/agents/%' }],
])('%s', (path, route) => {
  expect(routeOf(path)).toEqual(route);
});
