import { lstat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { GridError } from '../../shared/errors.ts';

/**
 * The file that a user's command was to write. Throws `encoder_failed` when it is empty or missing, and when it is a link: the
 * agent would read with its own rights what the command may not.
 */
export async function writtenFile(workDir: string, outputName: string): Promise<string> {
  const path = join(workDir, basename(outputName));
  const written = await lstat(path).catch(() => undefined);
  if (written?.isFile() && written.size > 0) return path;
  const what = written && !written.isFile() ? 'made something else than a file of' : 'wrote nothing to';
  const message = `the encoder ended well but ${what} ${outputName}: the command must write that file`;
  // An empty file is also what a full disk leaves: another agent may do better.
  const inputAtFault = !(written?.isFile() && written.size === 0);
  throw new GridError('encoder_failed', message, { details: { inputAtFault } });
}
