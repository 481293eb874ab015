import { expect, it } from 'vitest';
import { closingLine, countTests, failedTests } from '../../../scripts/check/counts.ts';

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
  const testResults = [{ name: '/a/x.test.ts', status: 'failed', assertionResults: [] }];
  expect(countTests({ ...report, numFailedTests: 0, testResults })).toEqual({
    passed: 5,
    failed: 1,
    skipped: 0,
  });
});

it('tells which tests failed, and which files could not be loaded', () => {
  const testResults = [
    {
      name: '/a/test/one.test.ts',
      status: 'failed',
      assertionResults: [
        { status: 'passed', fullName: 'adds' },
        { status: 'failed', fullName: 'takes away' },
      ],
    },
    { name: '/a/test/two.test.ts', status: 'failed', assertionResults: [] },
  ];
  expect(failedTests({ ...report, testResults }, '/a')).toEqual([
    'test/one.test.ts > takes away',
    'test/two.test.ts (could not be loaded)',
  ]);
});
