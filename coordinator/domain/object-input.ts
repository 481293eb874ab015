import type { MergeTask, ObjectInput, TaskSpec } from '../../shared/gen/clipgrid/v1/task.ts';

/** An object input without a URL: `cacheKey` names bucket and key until the grant signs it. */
export function unsignedInput(object: {
  bucket: string;
  key: string;
  sizeBytes: number;
  sha256?: string;
}): ObjectInput {
  return {
    url: '',
    sizeBytes: object.sizeBytes,
    sha256: object.sha256 ?? '',
    cacheKey: `${object.bucket}/${object.key}`,
  };
}

/** Bucket and key of an unsigned input. */
export function inputRef(input: ObjectInput): { bucket: string; key: string } {
  const slash = input.cacheKey.indexOf('/');
  return { bucket: input.cacheKey.slice(0, slash), key: input.cacheKey.slice(slash + 1) };
}

/** The inputs of a spec, wherever they are; the same objects, so that a copy of the spec can be signed in place. */
export function inputsOf(spec: TaskSpec): ObjectInput[] {
  const kind = spec.kind;
  if (kind === undefined) return [];
  return present(kindInputs(kind));
}

function kindInputs(kind: NonNullable<TaskSpec['kind']>): (ObjectInput | undefined)[] {
  switch (kind.$case) {
    case 'index':
    case 'encode':
    case 'clip':
    case 'probe':
    case 'media':
    case 'preview':
      return [kind.value.source];
    case 'audio':
      return [kind.value.sidecar];
    case 'merge':
      return partInputs(kind.value);
    case 'package':
      return kind.value.parts ? partInputs(kind.value.parts) : [];
  }
}

function partInputs({ segments, index, sidecar, audio }: MergeTask): (ObjectInput | undefined)[] {
  return [...segments, index, sidecar, audio];
}

function present(inputs: readonly (ObjectInput | undefined)[]): ObjectInput[] {
  return inputs.filter((input) => input !== undefined);
}
