import type { JSX } from 'preact';
import { useApp } from '../app/context.ts';
import { ago, dateTime } from './format.ts';

/** `3 min ago`, kept up to date; the exact time on hover. */
export function RelativeTime({ at }: { at: string }): JSX.Element {
  const { now } = useApp();
  return (
    <time dateTime={at} title={dateTime(at)}>
      {ago(at, now.value)}
    </time>
  );
}
