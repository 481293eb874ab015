/** `warn`: less is possible than could be. `fail`: something that is needed is missing. */
export type Verdict = 'ok' | 'warn' | 'fail';

/** What doctor found out about one thing. */
export interface Finding {
  readonly name: string;
  readonly verdict: Verdict;
  /** What is so, with its value. */
  readonly detail: string;
  /** What to do about it; with every verdict but `ok`. */
  readonly fix?: string;
}

export function ok(name: string, detail: string): Finding {
  return { name, verdict: 'ok', detail };
}

export function warn(name: string, detail: string, fix: string): Finding {
  return { name, verdict: 'warn', detail, fix };
}

export function fail(name: string, detail: string, fix: string): Finding {
  return { name, verdict: 'fail', detail, fix };
}
