import { GridError } from '../shared/errors.ts';

const FULL = /No space left on device|Disk quota exceeded|ENOSPC|EDQUOT/;
/** What the tool said when it had nowhere to write to; the store and the download say it themselves. */
const BY_ITSELF = new Set(['disk_full', 'lost_lease', 'cancelled']);

/**
 * A tool that has no room fails in words of its own, and so does Node: for whoever decides what comes next it is one
 * failure, of this agent and not of the input.
 */
export function asDiskFull(error: GridError, toolOutput: string): GridError {
  if (BY_ITSELF.has(error.code)) return error;
  const log = error.details['log'];
  const said = [error.message, typeof log === 'string' ? log : '', toolOutput].join('\n');
  if (!FULL.test(said)) return error;
  const message = `the disk of the agent's work directory is full: ${error.message}`;
  return new GridError('disk_full', message, { details: { log }, cause: error });
}
