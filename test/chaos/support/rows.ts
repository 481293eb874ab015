import type { Row } from '../../bench/measurement.ts';

/** Of this there may be nothing at all. */
export function none(what: string, value: number, unit: string, note?: string): Row {
  return { what, value, unit, target: { atMost: 0 }, ...(note === undefined ? {} : { note }) };
}

/** Of this there must be so much, or else the rest says nothing. */
export function atLeast(least: number, row: Omit<Row, 'target'>): Row {
  return { ...row, target: { atLeast: least } };
}

/** How long something took, in seconds. */
export function took(what: string, value: number, note?: string): Row {
  return { what, value, unit: 's', ...(note === undefined ? {} : { note }) };
}

/** The same, with what the issue asks for. */
export function within(atMost: number, row: Row): Row {
  return { ...row, target: { atMost } };
}
