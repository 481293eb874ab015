import { describeSalvage, salvageOf } from '../../shared/salvage.ts';
import type { JobSpec } from './job.ts';

/** Whether finished parts of a clip outlive an agent that dies, for people: yes, or no and why. */
export function salvageWords(spec: JobSpec): string {
  if (spec.shape === 'index') return 'no: nothing is encoded';
  if (spec.shape === 'preview') return 'no: it is one frame';
  if (spec.shape === 'media') return 'no: the source is worked on as a whole';
  const { programs, outputName } = spec.command;
  return describeSalvage(salvageOf(programs, outputName));
}
