export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Metric {
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
const SAMPLE = new RegExp(`^(${NAME})(?:\\{((?:${LABEL}(?:,|(?=\\})))*)\\})? (\\S+)(?: -?\\d+)?$`);

function parseValue(text: string): number {
  if (text === '+Inf') return Infinity;
  if (text === '-Inf') return -Infinity;
  const value = Number(text);
  if (Number.isNaN(value) && text !== 'NaN') throw new Error(`${text} is no value`);
  return value;
}

/** Reads the Prometheus text format 0.0.4 by its grammar; throws for any line that is not of it. */
export function parseMetrics(text: string): Map<string, Metric> {
  if (!text.endsWith('\n')) throw new Error('the last line is not ended');
  const metrics = new Map<string, { type: string; help: string; samples: Sample[] }>();
  const get = (name: string) => {
    const known = metrics.get(name) ?? { type: 'untyped', help: '', samples: [] };
    metrics.set(name, known);
    return known;
  };
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const comment = new RegExp(`^# (HELP|TYPE) (${NAME}) (.*)$`).exec(line);
    if (comment) {
      const [, what, name = '', said = ''] = comment;
      if (what === 'TYPE' && !/^(counter|gauge|histogram|summary|untyped)$/.test(said)) throw new Error(line);
      Object.assign(get(name), what === 'TYPE' ? { type: said } : { help: said });
      continue;
    }
    const [, name = '', labels = '', value = ''] = SAMPLE.exec(line) ?? [];
    if (name === '') throw new Error(`no sample: ${line}`);
    const base = name.replace(/_(bucket|sum|count)$/, '');
    const metric = metrics.get(name) ?? metrics.get(base);
    if (metric === undefined) throw new Error(`${name} has no TYPE before its samples`);
    const pairs = [...labels.matchAll(new RegExp(`(${NAME})="((?:[^"\\\\]|\\\\.)*)"`, 'g'))];
    metric.samples.push({
      name,
      labels: Object.fromEntries(pairs.map((pair) => [pair[1] ?? '', pair[2] ?? ''])),
      value: parseValue(value),
    });
  }
  return metrics;
}
