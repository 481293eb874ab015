/** In the order in which stats tell them. */
export const STATUSES = [
  'queued',
  'downloading',
  'probing',
  'encoding',
  'uploading',
  'completed',
  'error',
  'cancelled',
  'restarting',
] as const;

export type Status = (typeof STATUSES)[number];

/** Nothing happens any more until somebody restarts it. */
export const ENDED: ReadonlySet<Status> = new Set(['completed', 'error', 'cancelled']);
/** It waits for an agent. */
export const WAITING: readonly Status[] = ['queued', 'restarting'];

export function isStatus(text: string): text is Status {
  return (STATUSES as readonly string[]).includes(text);
}
