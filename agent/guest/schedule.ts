import { GridError } from '../../shared/errors.ts';

/** A time of the week as a clock on the wall shows it; day 0 is Sunday. */
export interface WallTime {
  readonly day: number;
  readonly minute: number;
}

/** From `from` until `to`, in minutes of the day, on these days; `to` before `from` is on the next day. */
interface Window {
  readonly days: ReadonlySet<number>;
  readonly from: number;
  readonly to: number;
}

/** When an agent may work. */
export interface Schedule {
  /** As it was written. */
  readonly text: string;
  readonly windows: readonly Window[];
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const EVERY_DAY: ReadonlySet<number> = new Set([0, 1, 2, 3, 4, 5, 6]);
const DAY_MINUTES = 24 * 60;
const MAX_CHARS = 1_000;
const RULE = 'give windows such as "22:00-08:00, sat sun 00:00-24:00" or "mon-fri 18:00-23:30"';

function refuse(text: string, part: string): GridError {
  return new GridError(
    'invalid_argument',
    `--hours is ${JSON.stringify(text.slice(0, 200))}: ${JSON.stringify(part.slice(0, 80))} is no window; ${RULE}`,
  );
}

function daysOf(words: readonly string[]): number[] | undefined {
  const days: number[] = [];
  for (const word of words) {
    const [first = -1, last = first] = word.split('-').map((name) => DAYS.indexOf(name));
    if (first < 0 || last < 0 || word.split('-').length > 2) return undefined;
    for (let day = first; ; day = (day + 1) % DAYS.length) {
      days.push(day);
      if (day === last) break;
    }
  }
  return days;
}

function minuteOf(hour: string, minute: string): number | undefined {
  const value = Number(hour) * 60 + Number(minute);
  return Number(minute) < 60 && value <= DAY_MINUTES ? value : undefined;
}

/** Reads windows with commas between, each with days before it, or none for every day. Throws `invalid_argument`. */
export function parseSchedule(text: string): Schedule {
  if (text.length > MAX_CHARS) throw refuse(text, text);
  const windows = text.split(',').map((part): Window => {
    const words = part.trim().toLowerCase().split(/\s+/);
    const [, h1 = '', m1 = '', h2 = '', m2 = ''] =
      /^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})$/.exec(words.pop() ?? '') ?? [];
    const [from, to] = [minuteOf(h1, m1), minuteOf(h2, m2)];
    const days = daysOf(words);
    if (h1 === '' || from === undefined || to === undefined || from === to || days === undefined)
      throw refuse(text, part);
    return { days: days.length === 0 ? EVERY_DAY : new Set(days), from, to };
  });
  return { text: text.trim(), windows };
}

function isWithin({ days, from, to }: Window, { day, minute }: WallTime): boolean {
  if (from < to) return days.has(day) && minute >= from && minute < to;
  // What began yesterday lasts into today.
  const yesterday = (day + DAYS.length - 1) % DAYS.length;
  return (days.has(day) && minute >= from) || (days.has(yesterday) && minute < to);
}

/** Whether the agent may work when the clock on the wall shows that. */
export function isOpen({ windows }: Schedule, time: WallTime): boolean {
  return windows.some((window) => isWithin(window, time));
}

const MINUTE_MS = 60_000;
const WEEK_MINUTES = 7 * DAY_MINUTES;

/**
 * The first moment after `wallMs` at which the agent may work, by what the clock on the wall shows then: a clock that is put
 * on or back is followed. Undefined: never, within a week.
 */
export function nextOpening(
  schedule: Schedule,
  wallMs: number,
  wallTime: (wallMs: number) => WallTime,
): number | undefined {
  const from = Math.floor(wallMs / MINUTE_MS) * MINUTE_MS;
  for (let i = 1; i <= WEEK_MINUTES + 60; i++) {
    if (isOpen(schedule, wallTime(from + i * MINUTE_MS))) return from + i * MINUTE_MS;
  }
  return undefined;
}

/** What clocks on the wall show in a time zone; undefined: that of this machine. */
export function wallClock(timeZone?: string): (wallMs: number) => WallTime {
  const format = new Intl.DateTimeFormat('en-US', {
    hourCycle: 'h23',
    weekday: 'short',
    hour: 'numeric',
    minute: 'numeric',
    ...(timeZone === undefined ? {} : { timeZone }),
  });
  return (wallMs) => {
    const parts = new Map(format.formatToParts(wallMs).map((part) => [part.type, part.value]));
    const day = DAYS.indexOf((parts.get('weekday') ?? '').toLowerCase());
    return { day, minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')) };
  };
}
