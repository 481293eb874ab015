import { relative } from 'node:path';
import { z } from 'zod';

/** What vitest's JSON reporter writes, as far as we count it. */
const reportSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ status: z.string(), fullName: z.string() })),
    }),
  ),
});

type FileReport = z.infer<typeof reportSchema>['testResults'][number];

/** It could not even be loaded. */
function isBroken({ status, assertionResults }: FileReport): boolean {
  return status === 'failed' && assertionResults.length === 0;
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** A file that could not even be loaded has no tests, yet counts as one failure. */
export function countTests(report: unknown): Counts {
  const parsed = reportSchema.parse(report);
  return {
    passed: parsed.numPassedTests,
    failed: parsed.numFailedTests + parsed.testResults.filter(isBroken).length,
    skipped: parsed.numPendingTests + parsed.numTodoTests,
  };
}

/** Of each failure its file, seen from `root`, and its test, so that the end of a long log tells what to run again. */
export function failedTests(report: unknown, root: string): string[] {
  return reportSchema.parse(report).testResults.flatMap((tests) => {
    const file = relative(root, tests.name);
    if (isBroken(tests)) return [`${file} (could not be loaded)`];
    return tests.assertionResults
      .filter((test) => test.status === 'failed')
      .map(({ fullName }) => `${file} > ${fullName}`);
  });
}

/** The closing line that CI looks for, alone on its line. */
export function closingLine(counts: Counts): string {
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
  return `${counts.passed} passed, ${counts.failed} failed${skipped}`;
}
