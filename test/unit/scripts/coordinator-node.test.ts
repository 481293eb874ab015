import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { COORDINATOR_NODE_ARGS } from '../../../scripts/setup/coordinator-node.mjs';

const ROOT = join(import.meta.dirname, '../../..');

it('says the same arguments in the image and in the README', () => {
  const image = readFileSync(join(ROOT, 'deploy/Dockerfile.coordinator'), 'utf8');
  const command = JSON.parse(/^CMD (.*)$/m.exec(image)?.[1] ?? '') as string[];
  expect(command).toEqual(['node', ...COORDINATOR_NODE_ARGS, 'coordinator/main.ts']);
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  expect(readme).toContain(`\`${command.join(' ')}\``);
});

/** Short-lived and some longer-lived objects, and what the young ones were given room for. MiB. */
const CHURN = `let kept = [];
for (let i = 0; i < 3e6; i++) { kept.push({ i, more: [i] }); if (kept.length > 2e5) kept = []; }
const young = require('node:v8').getHeapSpaceStatistics().find((one) => one.space_name === 'new_space');
console.log(young.space_size / 2 ** 20);`;

it('young objects get no more than 16 MiB', () => {
  const youngMib = Number(
    execFileSync(process.execPath, [...COORDINATOR_NODE_ARGS, '-e', CHURN], { encoding: 'utf8' }),
  );
  expect(youngMib).toBeGreaterThan(1);
  expect(youngMib).toBeLessThanOrEqual(16);
});
