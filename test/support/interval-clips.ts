import { rmSync } from 'node:fs';
import { runEncodeTask } from '../../agent/runners/encode-task.ts';
import { runPackageTask } from '../../agent/runners/package-task.ts';
import type { FilmSpec } from '../../coordinator/domain/job.ts';
import { plan, type Plan } from '../../coordinator/domain/planner.ts';
import type {
  EncodeResult,
  EncodeTask,
  PackageResult,
  PackageTask,
} from '../../shared/gen/clipgrid/v1/task.ts';
import { PASS_THROUGH } from './store-moves.ts';
import { localObject, runnerContext } from './runner-context.ts';
import { indexed, mergeTaskOf } from './through-the-grid.ts';

/** x264 with no keyframe but those that are asked for. */
export const FORCED = [
  ...['ffmpeg', '-v', 'error', '-i', '-', '-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '30'],
  ...['-g', '9999', '-x264-params', 'scenecut=0', '-force_key_frames', 'CLIPGRID_KEY_FRAMES', 'OUT.mkv'],
];

/** A job whose clips start at exact times. */
export function intervalJob(
  borders: { readonly everyS: number; readonly perClip: number },
  argv: readonly string[] = FORCED,
): FilmSpec {
  const command = { text: '', programs: [argv], outputName: 'OUT.mkv' };
  return { ...PASS_THROUGH, command, clips: { mode: 'auto', borders } };
}

const artifact = (name: string, path: string) => ({ ...localObject(path), name, bucket: '', key: path });

/** Index and plan of a local file, each made by what makes it in a grid. `from`: the index that there is of it. */
export async function plannedFilm(path: string, spec: FilmSpec, from?: Awaited<ReturnType<typeof indexed>>) {
  const { index, files, context } = from ?? (await indexed(path));
  const sidecar = files['sidecar'];
  const planned = plan({
    spec,
    index,
    indexArtifact: artifact('index', files['index']!),
    ...(sidecar ? { sidecarArtifact: artifact('sidecar', sidecar) } : {}),
    slots: 1,
  });
  return { index, files, planned, clean: () => rmSync(context.workDir, { recursive: true, force: true }) };
}

type Film = Awaited<ReturnType<typeof plannedFilm>>;
export type Encoded = Awaited<ReturnType<typeof encodedTask>>;

/** The encode tasks of a plan, with a local file as their source. */
export function encodeTasks({ tasks }: Plan, path: string): EncodeTask[] {
  return tasks.flatMap(({ spec: { kind } }) =>
    kind?.$case === 'encode' ? [{ ...kind.value, source: localObject(path) }] : [],
  );
}

/** Runs one of them. */
export async function encodedTask(task: EncodeTask) {
  const context = runnerContext();
  const output = await runEncodeTask(task, context);
  return {
    path: output.artifacts[0]!.path,
    value: output.result.kind!.value as EncodeResult,
    workDir: context.workDir,
  };
}

/** The package task of a film whose clips are encoded. */
export function packageTask(
  film: Pick<Film, 'files'>,
  { segments, starts, audio }: { segments: readonly Encoded[]; starts: readonly number[]; audio?: string },
): PackageTask {
  const parts = { ...mergeTaskOf(segments, film.files), audio: audio ? localObject(audio) : undefined };
  return { parts, starts: [...starts], fileName: 'output%04d_h264_90p.ts' };
}

export interface PackagedFilmOptions {
  /** Makes encoded audio of the sidecar. */
  readonly audio?: ((sidecar: string) => Promise<string>) | undefined;
  /** The index that there is of it. */
  readonly from?: Awaited<ReturnType<typeof indexed>>;
}

/** A local film through index, plan, encode and package. `clean` removes all files. */
export async function packagedFilm(path: string, spec: FilmSpec, { audio, from }: PackagedFilmOptions = {}) {
  const film = await plannedFilm(path, spec, from);
  const tasks = encodeTasks(film.planned, path);
  const segments: Encoded[] = [];
  for (const task of tasks) segments.push(await encodedTask(task));
  const starts = tasks.flatMap(({ range, keyFrames }) =>
    [0, ...keyFrames].map((frame) => range!.startFrame + frame),
  );
  const { sidecar } = film.files;
  const sound = audio && sidecar ? await audio(sidecar) : undefined;
  const context = runnerContext();
  const task = packageTask(film, { segments, starts, ...(sound ? { audio: sound } : {}) });
  const output = await runPackageTask(task, context);
  const folders = [context.workDir, ...segments.map((segment) => segment.workDir)];
  return {
    index: film.index,
    starts,
    files: output.artifacts,
    value: output.result.kind!.value as PackageResult,
    lines: context.lines,
    clean() {
      film.clean();
      folders.forEach((folder) => rmSync(folder, { recursive: true }));
    },
  };
}
