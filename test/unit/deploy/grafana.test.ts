import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { findPromtool } from '../../../scripts/setup/promtool.mjs';

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
}
interface Rules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly annotations: object;
    }[];
  }[];
}

const FOLDER = 'deploy/grafana';
const read = (name: string): string => readFileSync(`${FOLDER}/${name}`, 'utf8');
const dashboard = JSON.parse(read('dashboard.json')) as Dashboard;
const rules = (parse(read('alerts.yaml')) as Rules).groups.flatMap((group) => group.rules);
const charts = dashboard.panels.flatMap((panel) => panel.targets.map((target) => target.expr));

/** The table, which another test holds against what is served. */
const KINDS = new Map(
  [
    ...readFileSync('coordinator/ARCHITECTURE.md', 'utf8').matchAll(
      /^\| `(clipgrid_\w+)` \| (\w+) \| ([\w, ]*)\|/gm,
    ),
  ].map(([, name = '', type = '', labels = '']) => [name, { type, labels: labels.trim().split(', ') }]),
);

function metricOf(name: string): { type: string; labels: string[] } | undefined {
  const base = name.replace(/_(bucket|sum|count)$/, '');
  return KINDS.get(name) ?? (KINDS.get(base)?.type === 'histogram' ? KINDS.get(base) : undefined);
}

test.each([...charts, ...rules.map((rule) => rule.expr)])(
  '%s names metrics and labels that there are',
  (expr) => {
    const names = expr.match(/clipgrid_\w+/g) ?? [];
    if (!expr.startsWith('up{')) expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect(metricOf(name), name).toBeDefined();
    for (const [, name = '', inside = ''] of expr.matchAll(/(clipgrid_\w+)\{([^}]*)\}/g))
      for (const [, label = ''] of inside.matchAll(/(\w+)\s*[=!]/g))
        expect(metricOf(name)?.labels).toContain(label);
  },
);

test('every metric is on the dashboard, each panel has a place of its own, and each alert says what it is', () => {
  const shown = charts.join(' ');
  for (const name of KINDS.keys()) expect(shown).toContain(name);
  const titles = dashboard.panels.map((panel) => panel.title);
  expect(new Set(titles).size).toBe(titles.length);
  for (const rule of rules) expect(rule.annotations).toHaveProperty('summary');
});

test('promtool: the rules are well formed, and raise alerts when they should', () => {
  const promtool = findPromtool();
  expect(promtool, 'promtool (apt-get download prometheus, by the set-up of the tests)').toBeDefined();
  const run = (...args: string[]): string =>
    execFileSync(promtool ?? '', args, { cwd: FOLDER, encoding: 'utf8' });
  expect(run('check', 'rules', 'alerts.yaml')).toContain(`SUCCESS: ${rules.length} rules found`);
  expect(run('check', 'config', '--syntax-only', 'prometheus.yaml')).toContain('SUCCESS');
  expect(run('test', 'rules', 'alerts.test.yaml')).toContain('SUCCESS');
  const tested = read('alerts.test.yaml');
  for (const { alert } of rules) expect(tested).toContain(`alertname: ${alert}`);
});
