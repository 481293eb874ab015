import { TaskSpec, type ObjectInput } from './gen/clipgrid/v1/task.ts';

/** What an agent says that does the work once which several leases have in common. */
export const SHARES_WORK = 'work:shared';

/** The same bytes, whoever signed the way to them. */
function unsigned(input: ObjectInput | undefined): ObjectInput | undefined {
  return input && { ...input, url: '' };
}

/**
 * What a task begins with, as bytes: the same for clips that are cut, decoded and scripted alike, whatever filters and
 * encodes them, and for sound that is encoded alike. Undefined: such a task has nothing in common with others.
 */
export function commonWork({ kind }: TaskSpec): Uint8Array | undefined {
  if (kind?.$case === 'encode') {
    const own = { command: undefined, keyFrames: [], filters: [], timeoutSeconds: 0 };
    const value = { ...kind.value, ...own, source: unsigned(kind.value.source) };
    return TaskSpec.encode({ kind: { $case: 'encode', value } }).finish();
  }
  if (kind?.$case === 'audio') {
    const value = { ...kind.value, sidecar: unsigned(kind.value.sidecar) };
    return TaskSpec.encode({ kind: { $case: 'audio', value } }).finish();
  }
  return undefined;
}
