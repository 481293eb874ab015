import { GridError } from '../../shared/errors.ts';
import { fileArtifact } from '../../shared/file-names.ts';
import type { Artifact as AnnouncedArtifact } from '../../shared/gen/clipgrid/v1/artifact.ts';
import type { PackageResult, TaskResult } from '../../shared/gen/clipgrid/v1/task.ts';
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
  if (!Number.isFinite(seconds) || seconds < 0) refuse(`${name} is ${seconds}: give 0 or more`);
}

/** RFC 6381's words only: they are put into playlists as they are, where a quote or a line would say something else. */
const CODECS = /^[\w.-]{1,64}(?:,[\w.-]{1,64}){0,7}$/;

/** The files that are told of are those that are brought, and what is told of them can be written into a playlist. */
function checkPackage(told: PackageResult, brought: readonly AnnouncedArtifact[]): void {
  const { files, codecs, peakBandwidth, averageBandwidth } = told;
  if (files.length !== brought.length)
    refuse(`it tells of ${files.length} files and brings ${brought.length}`);
  const sizes = new Map(brought.map(({ name, sizeBytes }) => [name, sizeBytes]));
  for (const { name, sizeBytes, durationUs } of files) {
    const artifact = fileArtifact(name);
    if (sizes.get(artifact) !== sizeBytes)
      refuse(`it tells of a file ${JSON.stringify(name)} of ${sizeBytes} bytes, which it does not bring`);
    sizes.delete(artifact);
    checkSeconds('duration_us', durationUs);
  }
  if (!CODECS.test(codecs)) refuse(`codecs is ${JSON.stringify(codecs)}: give them as RFC 6381 has them`);
  if (peakBandwidth < 0 || averageBandwidth < 0) refuse('bandwidths are bits a second, 0 or more');
  checkSeconds('duration_seconds', told.durationSeconds);
}

/** What an agent found out is of its task's kind, and can be kept and worked with whoever says it. */
export function checkedResult(
  kind: TaskKind,
  result: TaskResult | undefined,
  brought: readonly AnnouncedArtifact[] = [],
): TaskResult {
  if (result?.kind?.$case !== kind) refuse(`a ${kind} task was completed with a result of another kind`);
  const told = result.kind;
  if (told.$case === 'package') checkPackage(told.value, brought);
  // Agents of before tell nothing with an index.
  if (told.$case === 'probe' || (told.$case === 'index' && told.value.probeJson !== ''))
    checkProbeText(told.value.probeJson);
  if (told.$case === 'preview') checkSeconds('at_seconds', told.value.atSeconds);
  if (told.$case === 'probe' || told.$case === 'media') {
    checkCount('frame_count', told.value.frameCount);
    checkSeconds('duration_seconds', told.value.durationSeconds);
  }
  return result;
}
