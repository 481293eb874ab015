import { GridError } from '../../shared/errors.ts';
import type { TaskResult } from '../../shared/gen/clipgrid/v1/task.ts';
import { MAX_INT4 } from '../domain/fence.ts';
import type { TaskKind } from '../domain/task.ts';

/** What a probe may tell of a source, in bytes. */
const MAX_PROBE_BYTES = 256 * 1024;

function refuse(message: string): never {
  throw new GridError('invalid_argument', message);
}

function checkProbeText(text: string): void {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_PROBE_BYTES) refuse(`a probe tells at most ${MAX_PROBE_BYTES} bytes, not ${bytes}`);
  try {
    const told: unknown = JSON.parse(text);
    if (typeof told === 'object' && told !== null && !Array.isArray(told)) return;
  } catch {
    // Said below.
  }
  refuse('a probe tells a JSON object of streams and format');
}

function checkCount(name: string, count: number): void {
  if (count > MAX_INT4) refuse(`${name} is ${count}: more than can be counted`);
}

function checkSeconds(name: string, seconds: number): void {
  if (!Number.isFinite(seconds) || seconds < 0) refuse(`${name} is ${seconds}: give seconds`);
}

/** What an agent found out is of its task's kind, and can be kept and worked with whoever says it. */
export function checkedResult(kind: TaskKind, result: TaskResult | undefined): TaskResult {
  if (result?.kind?.$case !== kind) refuse(`a ${kind} task was completed with a result of another kind`);
  const told = result.kind;
  if (told.$case === 'probe') checkProbeText(told.value.probeJson);
  if (told.$case === 'probe' || told.$case === 'media') {
    checkCount('frame_count', told.value.frameCount);
    checkSeconds('duration_seconds', told.value.durationSeconds);
  }
  return result;
}
