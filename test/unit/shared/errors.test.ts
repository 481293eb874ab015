import { expect, test } from 'vitest';
import { toGridError } from '../../../shared/errors.ts';

test.each([
  'Connection terminated unexpectedly',
  'Client has encountered a connection error and is not queryable',
  'timeout exceeded when trying to connect',
])('a database that went away passes by itself: %s', (message) => {
  expect(toGridError(new Error(message))).toMatchObject({ code: 'unavailable', retryable: true });
});

test('whatever else was thrown is a failure of ours', () => {
  expect(toGridError(new Error('x is not a function'))).toMatchObject({ code: 'internal', retryable: false });
});
