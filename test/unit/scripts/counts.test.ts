import { expect, it } from 'vitest';
import { closingLine, countTests } from '../../../scripts/check/counts.ts';

const report = { numPassedTests: 5, numFailedTests: 1, numPendingTests: 0, numTodoTests: 0, testResults: [] };

it('closes with the plain line', () => {
  expect(closingLine(countTests(report))).toBe('5 passed, 1 failed');
});

it('names what was skipped', () => {
  expect(closingLine(countTests({ ...report, numPendingTests: 2, numTodoTests: 1 }))).toBe(
    '5 passed, 1 failed, 3 skipped',
  );
});

it('counts a file that could not be loaded as a failure', () => {
  const testResults = [{ status: 'failed', assertionResults: [] }];
  expect(countTests({ ...report, numFailedTests: 0, testResults })).toEqual({
    passed: 5,
    failed: 1,
    skipped: 0,
  });
});
