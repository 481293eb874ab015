import { InvalidArgumentError } from 'commander';

/** Parsers of option values. Each throws with a rule; commander adds the option's name and the value. */

/** A whole number from `least` to `most`. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^-?\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  };
}

/** A number from `least` to `most`, e.g. `2.5`. */
export function number(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^-?\d+(\.\d+)?$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Give a number from ${least} to ${most}.`);
  };
}

/** A TCP port; `least` is 0 where 0 has a meaning. */
export function port(least: 0 | 1): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= 65_535) return value;
    throw new InvalidArgumentError(`Give a port from ${least} to 65535.`);
  };
}

/** The address of a coordinator, without a slash at the end. */
export function httpUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '')
    throw new InvalidArgumentError('Give a URL such as http://127.0.0.1:7000.');
  return text.replace(/\/+$/, '');
}

/** One of `choices`, or several with commas between. */
export function choices(all: readonly string[]): (text: string) => string {
  return (text) => {
    const wrong = text.split(',').filter((part) => !all.includes(part));
    if (wrong.length === 0) return text;
    throw new InvalidArgumentError(`Give ${all.join(', ')}, or several with commas between.`);
  };
}

/** Text that is not empty. */
export function words(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('It is empty.');
}

const SECONDS = { s: 1, m: 60, h: 3600, d: 24 * 3600 } as const;

/** A time such as `90s`, `30m`, `24h` or `7d`, in seconds from `leastS` to `mostS`. */
export function duration(leastS: number, mostS: number): (text: string) => number {
  return (text) => {
    const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
    const seconds = Number(count) * SECONDS[(unit ?? 's') as keyof typeof SECONDS];
    if (count !== undefined && seconds >= leastS && seconds <= mostS) return seconds;
    throw new InvalidArgumentError(`Give a time such as 30m, 24h or 7d, of at most ${mostS / SECONDS.d}d.`);
  };
}
