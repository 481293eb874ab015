import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { AGENT_NODE_ARGS, COORDINATOR_NODE_ARGS } from '../../../scripts/setup/node-args.mjs';

const ROOT = join(import.meta.dirname, '../../..');

function commandOf(image: string): string[] {
  const text = readFileSync(join(ROOT, 'deploy', image), 'utf8');
  return JSON.parse(/^CMD (.*)$/m.exec(text)?.[1] ?? '') as string[];
}

it('says the same arguments in the image of an agent and in its unit', () => {
  expect(commandOf('Dockerfile.agent')).toEqual(['node', ...AGENT_NODE_ARGS, 'agent/main.ts']);
  const unit = readFileSync(join(ROOT, 'deploy/systemd/clipgrid-agent.service'), 'utf8');
  expect(unit).toMatch(
    new RegExp(`^ExecStart=\\S+/node ${AGENT_NODE_ARGS.join(' ')} \\S+/agent/main.js$`, 'm'),
  );
});

it('says the same arguments in the image and in the README', () => {
  const command = commandOf('Dockerfile.coordinator');
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
