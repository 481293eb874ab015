import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { closingLine, countTests, failedTests, type Counts } from './counts.ts';

interface Step {
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
}

const BIN = 'node_modules/.bin';
const REPORT = '.cache/test-report.json';

/** Arguments after `npm test --` go to vitest, e.g. a part of a file name. */
const STEPS: readonly Step[] = [
  { name: 'types', argv: [`${BIN}/tsc`, '--noEmit'] },
  { name: 'types of the page', argv: [`${BIN}/tsc`, '--noEmit', '-p', 'coordinator/dashboard'] },
  { name: 'format', argv: [`${BIN}/prettier`, '--check', '--log-level', 'warn', '.'] },
  { name: 'lint', argv: [`${BIN}/oxlint`, '--type-aware', '--deny-warnings'] },
  { name: 'import rules', argv: [process.execPath, 'scripts/check/imports.ts'] },
  { name: 'proto lint', argv: [`${BIN}/buf`, 'lint'] },
  { name: 'generated code', argv: [process.execPath, 'scripts/check/generated.ts'] },
  {
    name: 'tests',
    argv: [
      `${BIN}/vitest`,
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${REPORT}`,
      ...process.argv.slice(2),
    ],
  },
];

function runStep(step: Step): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(step.argv[0], step.argv.slice(1), { stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', (error) => {
      console.error(String(error));
      resolve(false);
    });
    child.on('close', (code) => resolve(code === 0));
  });
}

function readResult(): { counts: Counts; failures: string[] } {
  try {
    const report: unknown = JSON.parse(readFileSync(REPORT, 'utf8'));
    return { counts: countTests(report), failures: failedTests(report, process.cwd()) };
  } catch (error) {
    return { counts: { passed: 0, failed: 1, skipped: 0 }, failures: [`no report: ${String(error)}`] };
  }
}

mkdirSync('.cache', { recursive: true });
rmSync(REPORT, { force: true });
const lines: string[] = [];
let failedSteps = 0;
for (const step of STEPS) {
  console.log(`\n== ${step.name}`);
  const from = performance.now();
  const ok = await runStep(step);
  if (!ok) failedSteps++;
  lines.push(
    `${ok ? 'ok  ' : 'FAIL'}  ${step.name.padEnd(16)} ${((performance.now() - from) / 1000).toFixed(1)} s`,
  );
}
const { counts, failures } = readResult();
const failed = failures.map((failure) => `failed: ${failure}`);
console.log(`\n${[...lines, ...failed].join('\n')}\n`);
const line = closingLine(counts);
writeFileSync('.cache/test-counts', `${line}\n`);
console.log(line);
process.exitCode = failedSteps === 0 && counts.failed === 0 && counts.passed > 0 ? 0 : 1;
