import type { TaskSpec } from '../../shared/gen/clipgrid/v1/task.ts';
import { inputRef, inputsOf } from '../domain/object-input.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import type { Platform } from './platform.ts';

/** So many are signed at a time: a few milliseconds, after which heartbeats have their turn. A merge may have 10,000. */
const AT_A_TIME = 100;

export interface SignInputsOptions {
  readonly expiresS: number;
  readonly platform: Pick<Platform, 'nextTurn'>;
}

/** Gives every object input of a granted spec a signed URL for its agent, in place: a grant's spec is nobody else's. */
export async function signInputs(
  objects: Pick<ObjectStore, 'signGet'>,
  spec: TaskSpec,
  { expiresS, platform }: SignInputsOptions,
): Promise<void> {
  for (const [i, input] of inputsOf(spec).entries()) {
    if (i > 0 && i % AT_A_TIME === 0) await new Promise<void>((resolve) => platform.nextTurn(resolve));
    input.url = await objects.signGet(inputRef(input), { expiresS, audience: 'internal' });
  }
}
