import type { Machine } from './machine.ts';
import type { Measurement, Row } from './measurement.ts';

export interface Measured {
  readonly measurement: Pick<Measurement, 'name' | 'about'>;
  readonly rows: readonly Row[];
  /** The measurement itself failed: why. */
  readonly error?: string;
}

/** Three significant digits say all that such a number knows. */
function numberText(value: number): string {
  if (!Number.isFinite(value)) return 'none';
  return Math.abs(value) >= 100
    ? Math.round(value).toLocaleString('en')
    : String(Number(value.toPrecision(3)));
}

function targetText({ target }: Row): string {
  if (target === undefined) return '';
  return 'atMost' in target ? `<= ${numberText(target.atMost)}` : `>= ${numberText(target.atLeast)}`;
}

export function isMet({ target, value }: Row): boolean | undefined {
  if (target === undefined) return undefined;
  return 'atMost' in target ? value <= target.atMost : value >= target.atLeast;
}

function verdict(row: Row): string {
  const met = isMet(row);
  if (met === undefined) return '';
  return met ? 'met' : 'MISSED';
}

function cells(row: Row): string[] {
  return [row.what, `${numberText(row.value)} ${row.unit}`, targetText(row), verdict(row)];
}

const HEAD = ['what', 'measured', 'target', ''];

/** The table for a terminal. */
export function tableText(all: readonly Measured[]): string {
  const lines = all.flatMap((one) => one.rows.map(cells));
  const widths = HEAD.map((title, i) => Math.max(title.length, ...lines.map((line) => line[i]?.length ?? 0)));
  const format = (line: readonly string[]): string =>
    line
      .map((cell, i) => (i === 1 || i === 2 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  const body = all.flatMap(({ measurement, rows, error }) =>
    error === undefined ? rows.map((row) => format(cells(row))) : [`${measurement.name} FAILED: ${error}`],
  );
  return [format(HEAD), rule, ...body].join('\n');
}

/** Sections of a results file, by their names; the first, without a name, is its head. */
function sectionsOf(markdown: string): Map<string, string> {
  const parts = markdown.split(/^(?=## )/m);
  return new Map(parts.map((part) => [/^## (.+)$/m.exec(part)?.[1] ?? '', part.trim()]));
}

function section({ measurement, rows, error }: Measured, measuredAt: string): string {
  const lines = [`## ${measurement.name}`, '', `${measurement.about}.`, '', measuredAt];
  if (error !== undefined) lines.push('', `FAILED: ${error}`);
  if (rows.length > 0) {
    lines.push('', '| what | measured | target | | how |', '|---|---:|---:|---|---|');
    lines.push(...rows.map((row) => `| ${[...cells(row), row.note ?? ''].join(' | ')} |`));
  }
  return lines.join('\n');
}

/**
 * The same as a Markdown file, with the machine and the notes. What was not measured this time stays as `old` has it, in
 * its place; each section says when and of which code it is.
 */
export function resultsMarkdown(
  { date, commit, ...machine }: Machine,
  all: readonly Measured[],
  { script = 'bench', old = '' }: { readonly script?: string; readonly old?: string } = {},
): string {
  const head = [
    `# Results of \`npm run ${script}\``,
    '',
    `Written by \`npm run ${script} -- --write\`; not edited by hand.`,
    '',
    '| machine | |',
    '|---|---|',
    ...Object.entries(machine).map(([name, value]) => `| ${name} | ${value} |`),
  ];
  const sections = sectionsOf(old);
  sections.set('', head.join('\n'));
  for (const one of all)
    sections.set(one.measurement.name, section(one, `Measured ${date} at commit ${commit}.`));
  return `${[...sections.values()].join('\n\n')}\n`;
}
