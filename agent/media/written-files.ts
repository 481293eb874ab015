import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GridError } from '../../shared/errors.ts';
import { fileNameProblem, MAX_FILES } from '../../shared/file-names.ts';

/** What encoders keep from one pass to the next. */
const PASS_LOG = /(?:-\d+\.log|\.mbtree|\.cutree|2pass\.log|\.log\.temp)$/;

export interface WrittenFile {
  readonly name: string;
  readonly path: string;
}

function failed(message: string, inputAtFault: boolean): GridError {
  return new GridError('encoder_failed', message, { details: { inputAtFault } });
}

/**
 * The files that a command left in its folder, by name: regular ones that lie flat in it, without its input and without what
 * its passes keep for each other. Links are never followed. None at all, an empty one, too many, or a name that no file of a
 * result can have is `encoder_failed`.
 */
export async function writtenFiles(folder: string, inputName: string): Promise<WrittenFile[]> {
  const files: WrittenFile[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const { name } = entry;
    if (!entry.isFile() || name === inputName || PASS_LOG.test(name)) continue;
    const problem = fileNameProblem(name);
    if (problem !== undefined)
      throw failed(
        `the command wrote a file ${JSON.stringify(name)} that cannot be part of a result: ${problem}`,
        true,
      );
    const path = join(folder, name);
    const written = await lstat(path);
    // An empty file is also what a full disk leaves: another agent may do better.
    if (written.size === 0) throw failed(`the command ended well but the file ${name} is empty`, false);
    files.push({ name, path });
  }
  if (files.length === 0) throw failed('the command ended well but wrote no file', true);
  if (files.length > MAX_FILES)
    throw failed(`the command wrote ${files.length} files: a result has at most ${MAX_FILES}`, true);
  return files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
