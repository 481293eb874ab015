import { GridError } from '../../shared/errors.ts';
import type { Artifact as AnnouncedArtifact } from '../../shared/gen/clipgrid/v1/artifact.ts';
import { FILE_PREFIX, fileName, fileNameProblem, MAX_FILES } from '../../shared/file-names.ts';
import { TASK_KINDS } from '../domain/task-kinds.ts';
import type { TaskKind } from '../domain/task.ts';

const HEX64 = /^[0-9a-f]{64}$/;
const HEX32 = /^[0-9a-f]{32}$/;
/** Upload rights that one request may ask for. */
export const MAX_UPLOAD_RIGHTS = 200;

function refuse(message: string): never {
  throw new GridError('invalid_argument', message);
}

function checkName(kind: TaskKind, name: string): void {
  const { must, may, files } = TASK_KINDS[kind];
  if (must.includes(name) || may.includes(name)) return;
  const wanted = [...must, ...may, ...(files ? [`${FILE_PREFIX}NAME`] : [])].join(', ') || 'nothing';
  const file = fileName({ name });
  if (!files || file === undefined) refuse(`a ${kind} task brings ${wanted}, not ${JSON.stringify(name)}`);
  const problem = fileNameProblem(file);
  if (problem !== undefined) refuse(`${JSON.stringify(name)} cannot be the name of a file: ${problem}`);
}

function checkDigests({ name, sha256, md5, sizeBytes }: AnnouncedArtifact): void {
  if (!HEX64.test(sha256) || !HEX32.test(md5) || sizeBytes <= 0)
    refuse(`the artifact ${name} needs a sha256, an md5 and a size above 0`);
}

/** What is announced may be brought by a task of the kind, if not all that it must bring: each name once, with its digests. */
export function checkAnnounced(kind: TaskKind, artifacts: readonly AnnouncedArtifact[]): void {
  const names = new Set<string>();
  for (const artifact of artifacts) {
    checkName(kind, artifact.name);
    checkDigests(artifact);
    if (names.has(artifact.name)) refuse(`the artifact ${artifact.name} is announced twice`);
    names.add(artifact.name);
  }
}

/** The same of a whole completion: nothing is missing. */
export function checkBrought(kind: TaskKind, artifacts: readonly AnnouncedArtifact[]): void {
  const { must, files } = TASK_KINDS[kind];
  checkAnnounced(kind, artifacts);
  const missing = must.filter((name) => !artifacts.some((artifact) => artifact.name === name));
  if (missing.length > 0)
    refuse(`a ${kind} task brings ${must.join(', ')}: ${missing.join(', ')} is missing`);
  if (!files) return;
  const count = artifacts.filter((artifact) => fileName(artifact) !== undefined).length;
  if (count === 0) refuse(`a ${kind} task brings at least one file`);
  if (count > MAX_FILES) refuse(`a ${kind} task brings at most ${MAX_FILES} files, not ${count}`);
}
