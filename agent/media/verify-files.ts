import { open } from 'node:fs/promises';
import { GridError } from '../../shared/errors.ts';
import { fewAtOnce } from '../../shared/few-at-once.ts';
import type { RunnerContext } from '../runners/runner.ts';
import { runTool } from '../subprocess.ts';
import { readAt } from './file-elements.ts';
import type { WrittenFile } from './written-files.ts';

/** Of a file with pictures or sound: does any of it decode? `silent`: there is nothing in it that could. */
type Content = 'decodes' | 'nothing' | 'silent' | 'unreadable';

/** Packets that are tried before the whole file is. */
const FEW_PACKETS = '%+#16';
const AT_ONCE = 2;

interface Shown {
  readonly streams?: readonly unknown[];
  readonly frames?: readonly unknown[];
}

/**
 * In the sandbox, like the command that wrote it: a playlist may name whatever it likes. `specifier`: which streams; V is video
 * that is no cover picture.
 */
async function show(
  context: RunnerContext,
  { name }: WrittenFile,
  { specifier, packets }: { specifier: 'V' | 'a'; packets?: string },
): Promise<Shown | undefined> {
  const { sandbox, workDir, tools, signal, clock } = context;
  const argv = [tools.ffprobe, '-v', 'quiet', '-protocol_whitelist', 'file,crypto,data', '-of', 'json'];
  if (packets !== undefined) argv.push('-read_intervals', packets);
  argv.push('-select_streams', specifier, '-show_entries', 'stream=index:frame=media_type', `./${name}`);
  const environment = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: workDir, TMPDIR: workDir, LC_ALL: 'C' };
  const command = await sandbox.wrap({ argv, workDir, environment, readOnlyPaths: [] });
  try {
    const { stdout } = await runTool(command, { signal, clock, stdout: 'collect', failure: 'verify_failed' });
    return JSON.parse(stdout) as Shown;
  } catch (thrown) {
    if (thrown instanceof GridError && thrown.code !== 'verify_failed') throw thrown;
    return undefined;
  }
}

async function contentOf(context: RunnerContext, file: WrittenFile): Promise<Content> {
  for (const specifier of ['V', 'a'] as const) {
    const few = await show(context, file, { specifier, packets: FEW_PACKETS });
    if (few === undefined) return 'unreadable';
    if ((few.streams ?? []).length === 0) continue;
    if ((few.frames ?? []).length > 0) return 'decodes';
    // A piece need not begin where decoding can.
    const all = await show(context, file, { specifier });
    return (all?.frames ?? []).length > 0 ? 'decodes' : 'nothing';
  }
  return 'silent';
}

/** Boxes at the top of a file: more than any muxer writes before the first sample. */
const MAX_BOXES = 64;

/** Whether a file tells of tracks and holds none of their samples: the beginning of a stream that is cut into files. */
export async function isInitialisation(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const kinds = new Set<string>();
    for (let at = 0, boxes = 0; at + 8 <= size && boxes < MAX_BOXES; boxes++) {
      const head = await readAt(file, at, 16);
      const bytes =
        head.readUInt32BE(0) === 1 && head.length === 16
          ? Number(head.readBigUInt64BE(8))
          : head.readUInt32BE(0);
      kinds.add(head.toString('latin1', 4, 8));
      if (bytes < 8) break;
      at += bytes;
    }
    return kinds.has('moov') && !kinds.has('mdat') && !kinds.has('moof');
  } finally {
    await file.close();
  }
}

/**
 * M6: of every file that ffprobe can open and that has pictures or sound, something decodes. Only the beginning of a stream
 * that is cut into files may hold nothing, where another file does.
 */
export async function verifyFiles(context: RunnerContext, files: readonly WrittenFile[]): Promise<void> {
  const contents = await fewAtOnce(files, AT_ONCE, (file) => contentOf(context, file));
  for (const [position, file] of files.entries()) {
    if (contents[position] !== 'nothing') continue;
    if (contents.includes('decodes') && (await isInitialisation(file.path))) continue;
    const message = `the command ended well but nothing of the file ${file.name} can be decoded`;
    throw new GridError('frames_missing', message);
  }
}
