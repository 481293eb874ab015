import { describe, expect, test } from 'vitest';
import { isOpen, nextOpening, parseSchedule, wallClock } from '../../../../agent/guest/schedule.ts';

const [SUN, MON, FRI, SAT] = [0, 1, 5, 6];
const at = (day: number, clock: string) => {
  const [hour = 0, minute = 0] = clock.split(':').map(Number);
  return { day, minute: hour * 60 + minute };
};

test.each([
  ['22:00-08:00', MON, '21:59', false],
  ['22:00-08:00', MON, '22:00', true],
  ['22:00-08:00', MON, '07:59', true],
  ['22:00-08:00', MON, '08:00', false],
  ['sat sun 00:00-24:00', SAT, '00:00', true],
  ['sat sun 00:00-24:00', SUN, '23:59', true],
  ['sat sun 00:00-24:00', MON, '00:00', false],
  // What begins on Friday lasts into Saturday, and there is none of Sunday's into Monday.
  ['mon-fri 22:00-02:00', SAT, '01:59', true],
  ['mon-fri 22:00-02:00', SAT, '22:30', false],
  ['mon-fri 22:00-02:00', MON, '01:00', false],
  ['fri-mon 9:00-10:00', SUN, '09:30', true],
  ['22:00-08:00, sat sun 00:00-24:00', SAT, '12:00', true],
  ['22:00-08:00, sat sun 00:00-24:00', FRI, '12:00', false],
])('%s on day %i at %s: %s', (text, day, clock, expected) => {
  expect(isOpen(parseSchedule(text), at(day, clock))).toBe(expected);
});

test.each([
  '',
  '22:00',
  '22:00-25:00',
  '10:00-10:00',
  'someday 10:00-11:00',
  '10:60-11:00',
  'mon-fri-sat 1:00-2:00',
  'mon',
])('what is no window is refused by its own words: %s', (text) => {
  expect(() => parseSchedule(text)).toThrow(`--hours is ${JSON.stringify(text)}`);
});

describe('when clocks are put on and back', () => {
  const berlin = wallClock('Europe/Berlin');
  const schedule = parseSchedule('02:30-03:30');
  const open = (iso: string) => isOpen(schedule, berlin(Date.parse(iso)));

  test('in spring the hour that is not there is no window, what is left of it is', () => {
    // 2027-03-28: at 01:00 UTC the clock goes from 02:00 to 03:00.
    expect(berlin(Date.parse('2027-03-28T00:59:00Z'))).toEqual({ day: SUN, minute: 119 });
    expect(open('2027-03-28T00:59:00Z')).toBe(false);
    expect(open('2027-03-28T01:00:00Z')).toBe(true);
    expect(open('2027-03-28T01:30:00Z')).toBe(false);
    expect(nextOpening(schedule, Date.parse('2027-03-28T00:10:30Z'), berlin)).toBe(
      Date.parse('2027-03-28T01:00:00Z'),
    );
  });

  test('in autumn the hour that comes twice is open twice', () => {
    // 2027-10-31: at 01:00 UTC the clock goes from 03:00 back to 02:00.
    expect(open('2027-10-31T00:30:00Z')).toBe(true);
    expect(open('2027-10-31T01:00:00Z')).toBe(false);
    expect(open('2027-10-31T01:30:00Z')).toBe(true);
    expect(nextOpening(schedule, Date.parse('2027-10-31T00:59:00Z'), berlin)).toBe(
      Date.parse('2027-10-31T01:30:00Z'),
    );
  });
});
