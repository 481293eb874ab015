import { randomUUID } from 'node:crypto';
import { filmSpec } from '../../coordinator/domain/job-shape.ts';
import type { FilmSpec, IndexSpec, JobSpec, MediaSpec } from '../../coordinator/domain/job.ts';
import { firstTask, mediaPlan } from '../../coordinator/domain/media-plan.ts';
import { namedIndex } from '../../coordinator/domain/named-index.ts';
import { artifactKey } from '../../coordinator/domain/object-keys.ts';
import { closeTask } from '../../coordinator/domain/package-plan.ts';
import { place } from '../../coordinator/domain/placement.ts';
import { indexPlan, plan, type Plan } from '../../coordinator/domain/planner.ts';
import { roleOf } from '../../coordinator/domain/task-kinds.ts';
import type { Fence, TaskKind, TaskOutput, TaskPart } from '../../coordinator/domain/task.ts';
import { withShareKey } from '../../coordinator/grid/share-key.ts';
import type { AgentStore } from '../../coordinator/store/agent-store.ts';
import type { JobStore } from '../../coordinator/store/job-store.ts';
import type { GrantedTask, LeaseStore } from '../../coordinator/store/lease-store.ts';
import { SHARES_WORK } from '../../shared/common-work.ts';
import { assert } from '../../shared/errors.ts';
import { Hello } from '../../shared/gen/clipgrid/v1/session.ts';
import type { VideoFormat } from '../../shared/gen/clipgrid/v1/task.ts';
import type { SourceIndex } from '../../shared/source-index.ts';

export const TTL_MS = 12_000;

export const PASS_THROUGH: FilmSpec = {
  source: { bucket: 'clipgrid', key: 'sources/x', sizeBytes: 1000 },
  script: { text: '', sourceVariable: 'CLIPGRID_SOURCE', sourceName: 'CLIPGRID_SOURCE.mkv' },
  command: {
    text: 'ffmpeg -i - -c:v libx264 OUT.mkv',
    programs: [['ffmpeg', '-i', '-', '-c:v', 'libx264', 'OUT.mkv']],
    outputName: 'OUT.mkv',
  },
  container: 'matroska',
  clips: { mode: 'auto', targetS: 1 },
};

/** A command on the whole source. */
export const MEDIA: MediaSpec = {
  shape: 'media',
  source: PASS_THROUGH.source,
  command: {
    text: 'ffmpeg -i CLIPGRID_SOURCE -c:v libx264 OUT.mp4',
    programs: [['ffmpeg', '-i', 'CLIPGRID_SOURCE', '-c:v', 'libx264', 'OUT.mp4']],
    outputName: 'OUT.mp4',
  },
};

export const FORMAT: VideoFormat = {
  codec: 'h264',
  width: 320,
  height: 180,
  pixelFormat: 'yuv420p',
  frameRate: { num: 25, den: 1 },
  sampleAspectRatio: { num: 1, den: 1 },
  colorRange: '',
  colorPrimaries: '',
  colorTransfer: '',
  colorSpace: '',
  chromaLocation: '',
  fieldOrder: '',
};

/** An all-closed source of `seconds` at 25 fps with a keyframe each second. */
export function closedIndex(seconds: number): SourceIndex {
  const pts = Array.from({ length: seconds * 25 }, (_, frame) => frame);
  return {
    version: 1,
    format: FORMAT,
    timeBase: { num: 1, den: 25 },
    pts,
    size: pts.map(() => 100),
    position: pts.map((frame) => frame * 100),
    keyframes: pts.filter((frame) => frame % 25 === 0),
    packetExact: true,
    lastDuration: 1,
    sourceBytes: pts.length * 100,
    container: 'matroska,webm',
    startOffset: 0,
    hasSidecar: false,
    sidecarShiftS: 0,
    variableFrameRate: false,
    extras: { tags: {}, disposition: [], rotation: 0 },
  };
}

export const CAPABILITIES = ['program:ffmpeg', 'encoder:libx264', SHARES_WORK];
export const RULES = { merge: closeTask, newTaskId: (): string => randomUUID() };

const ARTIFACT_NAMES: Readonly<Record<TaskKind, readonly string[]>> = {
  index: ['index'],
  probe: [],
  preview: ['file/before.png', 'file/after.png'],
  encode: ['segment'],
  audio: ['audio'],
  media: ['file/OUT.mp4', 'file/poster.jpg'],
  merge: ['result'],
  package: ['file/out0000.ts', 'file/out0001.ts'],
  clip: ['clip'],
};
/** What is told of a source. */
export const PROBED = {
  probeJson: '{"streams":[],"format":{}}',
  durationSeconds: 4,
  frameCount: 100,
  hasVideo: true,
};

/** What is told of files, but for how long they are. */
export const PACKAGED = {
  files: [],
  frameCount: 100,
  durationSeconds: 4,
  format: FORMAT,
  codecs: 'avc1.64001f',
  peakBandwidth: 0,
  averageBandwidth: 0,
  frameRate: { num: 25, den: 1 },
  targetSeconds: 2,
};

/** A film that becomes files of 2 s. */
export const PACKAGED_FILM: FilmSpec = {
  ...PASS_THROUGH,
  clips: { mode: 'auto', borders: { everyS: 2, perClip: 1 } },
  package: { kind: 'hls', fileName: 'out%04d.ts' },
};

/** Nothing but an index, for other jobs. */
export const INDEX_ONLY: IndexSpec = { shape: 'index', source: PASS_THROUGH.source };

export interface MovedStores {
  readonly leases: LeaseStore;
  readonly jobs: JobStore;
  readonly agents: AgentStore;
  /** Of everything that is made. */
  readonly newId?: () => string;
  readonly ttlMs?: number;
}

/** The few moves that lease tests are made of, on whichever stores. */
export function storeMoves({ leases, jobs, agents, newId = randomUUID, ttlMs = TTL_MS }: MovedStores) {
  const rules = { merge: closeTask, newTaskId: newId };

  function hello(agentId: string, more: Partial<Hello> = {}): Hello {
    const usual = { agentId, name: agentId, capabilities: CAPABILITIES, slots: 1, version: '1', protocol: 1 };
    return Hello.create({ ...usual, ...more });
  }

  async function agent(agentId: string, capabilities = CAPABILITIES): Promise<string> {
    const sessionId = newId();
    await agents.register({ hello: hello(agentId, { capabilities }), sessionId, coordinatorId: 'c1' });
    return sessionId;
  }

  async function submit(spec: JobSpec = PASS_THROUGH): Promise<string> {
    const jobId = newId();
    await jobs.submit({
      jobId,
      ownerId: 'owner',
      dialect: 'grid',
      name: 'film.mkv',
      priority: 0,
      spec,
      specHash: 'x',
      tasks: [{ ...firstTask(spec), taskId: newId() }],
    });
    return jobId;
  }

  /** A film on the index of another job: 4 clips of a second, ready at once. */
  async function submitNamed(indexOf: string, more: Partial<FilmSpec> = {}): Promise<string> {
    const jobId = newId();
    const spec = { ...PASS_THROUGH, ...more, indexOf };
    const named = namedIndex(spec, indexOf, await jobs.knownSource(indexOf, 'owner'));
    const { summary, tasks } = plan({ spec, index: closedIndex(4), indexArtifact: named.index, slots: 1 });
    const about = { ownerId: 'owner', dialect: 'grid', name: 'film.mkv', priority: 0, spec, specHash: 'x' };
    const withIds = tasks.map((task) => ({ ...withShareKey(task, indexOf), taskId: newId() }));
    await jobs.submit({ ...about, jobId, tasks: withIds, plan: summary });
    return jobId;
  }

  async function grant(
    agentId: string,
    sessionId: string,
    freeSlots = 1,
    known: readonly { agentId: string }[] = [],
  ): Promise<GrantedTask[]> {
    const capabilities = new Set(CAPABILITIES);
    return leases.grant({
      capacities: [{ agentId, sessionId, freeSlots, capabilities }],
      known: () => Promise.resolve(known.map((one) => ({ ...one, capabilities }))),
      ttlMs,
      newLeaseId: newId,
      place,
    });
  }

  function output(task: GrantedTask, sha256 = 'a'.repeat(64), saved = task.savedFrames): TaskOutput {
    const frames = task.spec.kind?.$case === 'encode' ? task.spec.kind.value.cut!.framePts.length - saved : 0;
    const results = {
      index: { frameCount: 0, durationSeconds: 0, format: FORMAT, hasSidecar: false, probeJson: '' },
      encode: {
        frameCount: frames,
        inputFrames: frames,
        format: FORMAT,
        encodeSeconds: 1,
        extradataSha256: '',
        fetchedBytes: 0,
        outputRate: { num: 25, den: 1 },
        resumedFrames: saved,
      },
      audio: { durationSeconds: 0 },
      merge: { frameCount: 0, durationSeconds: 0, format: FORMAT },
      clip: { frameCount: frames },
      probe: PROBED,
      preview: { atSeconds: 1, sourceWidth: 320, sourceHeight: 180, outputWidth: 320, outputHeight: 180 },
      media: { frameCount: 100, durationSeconds: 4, encodeSeconds: 1 },
      package: PACKAGED,
    };
    const { taskId, epoch } = task.fence;
    const key = artifactKey({ jobId: task.jobId, taskId, epoch, sha256 });
    return {
      artifacts: ARTIFACT_NAMES[task.kind].map((name) => ({
        name,
        bucket: 'clipgrid',
        key,
        sha256,
        sizeBytes: 10,
      })),
      result: { kind: { $case: task.kind, value: results[task.kind] } as TaskOutput['result']['kind'] },
    };
  }

  /** A part of a clip. */
  function part(
    task: GrantedTask,
    [startFrame, endFrame]: readonly [number, number],
    sha256?: string,
  ): TaskPart {
    const { artifacts, result } = output(task, sha256 ?? startFrame.toString(16).padStart(64, '0'));
    assert(result.kind?.$case === 'encode', 'clips have parts');
    const count = endFrame - startFrame;
    const counts = { frameCount: count, inputFrames: count, resumedFrames: startFrame };
    const { epoch } = task.fence;
    return {
      startFrame,
      endFrame,
      epoch,
      artifact: artifacts[0]!,
      result: { ...result.kind.value, ...counts },
    };
  }

  function planOf(task: GrantedTask, seconds = 4, spec: JobSpec = PASS_THROUGH): Plan {
    if (task.kind === 'probe') return mediaPlan(MEDIA, PROBED, new Set(CAPABILITIES));
    const input = { index: closedIndex(seconds), indexArtifact: output(task).artifacts[0]! };
    return spec.shape === 'index' ? indexPlan(input) : plan({ ...input, spec: filmSpec(spec), slots: 1 });
  }

  /** The plan of a task's own job; one that is gone gets none that is looked at. */
  async function planFor(task: GrantedTask): Promise<Plan> {
    const spec = await jobs.get(task.jobId).then(
      (job) => job.spec,
      () => PASS_THROUGH,
    );
    return planOf(task, 4, spec);
  }

  async function complete(
    task: GrantedTask,
    options: { fence?: Fence; sha256?: string; saved?: number } = {},
  ) {
    const outcomes = await leases.commit(
      [
        {
          fence: options.fence ?? task.fence,
          agentId: task.agentId,
          output: output(task, options.sha256, options.saved),
          logTail: '',
          ...(roleOf(task.kind) === 'first' ? { plan: await planFor(task) } : {}),
        },
      ],
      rules,
    );
    return outcomes[0]!;
  }

  /** A job whose clips are ready: 4 clips of a second. */
  async function encodingJob(agentId: string, sessionId: string): Promise<string> {
    const jobId = await submit();
    const [task] = await grant(agentId, sessionId);
    await complete(task!);
    return jobId;
  }

  const expire = (): Promise<number> => leases.expire({ ttlMs, outageMs: 2_500, limit: 100 });

  return {
    expire,
    hello,
    agent,
    submit,
    submitNamed,
    grant,
    complete,
    output,
    part,
    planOf,
    encodingJob,
    rules,
    ttlMs,
    uuid: newId,
  };
}
