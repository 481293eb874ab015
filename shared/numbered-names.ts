const NUMBER = /%0?([1-9])?d/g;

/** Why a pattern cannot name files by their number; undefined: it can. */
export function patternProblem(pattern: string): string | undefined {
  const places = pattern.match(NUMBER)?.length ?? 0;
  if (places === 1 && !pattern.replace(NUMBER, '').includes('%')) return undefined;
  return 'it needs one place for the number, like %04d, and no other %';
}

/** `output%04d.ts` and 7 give `output0007.ts`; a number with more digits keeps all of them. */
export function numberedName(pattern: string, number: number): string {
  return pattern.replace(NUMBER, (_, digits: string | undefined) =>
    String(number).padStart(Number(digits ?? 1), '0'),
  );
}
