import { TaskSpec } from '../../shared/gen/clipgrid/v1/task.ts';
import { inputRef, inputsOf } from '../domain/object-input.ts';
import type { ObjectStore } from '../objects/object-store.ts';

/** A copy of a stored spec in which every object input has a signed URL for an agent. */
export async function signInputs(objects: ObjectStore, spec: TaskSpec, expiresS: number): Promise<TaskSpec> {
  const signed = TaskSpec.decode(TaskSpec.encode(spec).finish());
  for (const input of inputsOf(signed)) {
    input.url = await objects.signGet(inputRef(input), { expiresS, audience: 'internal' });
  }
  return signed;
}
