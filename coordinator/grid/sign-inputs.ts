import type { TaskSpec } from '../../shared/gen/clipgrid/v1/task.ts';
import { inputRef, inputsOf } from '../domain/object-input.ts';
import type { ObjectStore } from '../objects/object-store.ts';

/** Gives every object input of a granted spec a signed URL for its agent, in place: a grant's spec is nobody else's. */
export async function signInputs(objects: ObjectStore, spec: TaskSpec, expiresS: number): Promise<void> {
  for (const input of inputsOf(spec)) {
    input.url = await objects.signGet(inputRef(input), { expiresS, audience: 'internal' });
  }
}
