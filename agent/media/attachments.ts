import { GridError } from '../../shared/errors.ts';
import type { Attachment } from '../../shared/gen/clipgrid/v1/task.ts';

/** No name that a file inside of a source has: those are whatever its maker liked. */
const NAME = /^[a-z0-9_]{1,60}\.[a-z0-9]{1,8}$/;

/** The command that takes files out of a source, by their streams. It reads only the source's head. */
export function attachmentCommand(source: string, attachments: readonly Attachment[]): string[] {
  const dumps = attachments.flatMap(({ streamIndex, name }) => {
    if (!NAME.test(name) || name === source)
      throw new GridError('invalid_argument', `${JSON.stringify(name)} is no name for an attachment`);
    return [`-dump_attachment:${streamIndex}`, name];
  });
  // Without an output ffmpeg calls it a failure.
  const nothing = ['-map', '0:v?', '-map', '0:a?', '-c', 'copy', '-t', '0', '-f', 'null', '-'];
  return ['ffmpeg', '-nostdin', '-v', 'error', '-y', ...dumps, '-i', source, ...nothing];
}
