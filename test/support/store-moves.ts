import { randomUUID } from 'node:crypto';
import type { FilmSpec, JobSpec, MediaSpec } from '../../coordinator/domain/job.ts';
import { firstTask, mediaPlan } from '../../coordinator/domain/media-plan.ts';
import { mergeTask } from '../../coordinator/domain/merge-plan.ts';
import { artifactKey } from '../../coordinator/domain/object-keys.ts';
import { place } from '../../coordinator/domain/placement.ts';
import { plan, type Plan } from '../../coordinator/domain/planner.ts';
import { roleOf } from '../../coordinator/domain/task-kinds.ts';
import type { Fence, TaskKind, TaskOutput, TaskPart } from '../../coordinator/domain/task.ts';
import type { AgentStore } from '../../coordinator/store/agent-store.ts';
import type { JobStore } from '../../coordinator/store/job-store.ts';
import type { GrantedTask, LeaseStore } from '../../coordinator/store/lease-store.ts';
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

export const CAPABILITIES = ['program:ffmpeg', 'encoder:libx264'];
export const RULES = { merge: mergeTask, newTaskId: (): string => randomUUID() };

const ARTIFACT_NAMES: Readonly<Record<TaskKind, readonly string[]>> = {
  index: ['index'],
  probe: [],
  encode: ['segment'],
  audio: ['audio'],
  media: ['file/OUT.mp4', 'file/poster.jpg'],
  merge: ['result'],
  clip: ['clip'],
};
const PROBED = {
  probeJson: '{"streams":[],"format":{}}',
  durationSeconds: 4,
  frameCount: 100,
  hasVideo: true,
};

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
  const rules = { merge: mergeTask, newTaskId: newId };

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
      firstTask: { ...firstTask(spec), taskId: newId() },
    });
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
      index: { frameCount: 0, durationSeconds: 0, format: FORMAT, hasSidecar: false },
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
      media: { frameCount: 100, durationSeconds: 4, encodeSeconds: 1 },
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

  function planOf(task: GrantedTask, seconds = 4): Plan {
    if (task.kind === 'probe') return mediaPlan(MEDIA, PROBED, new Set(CAPABILITIES));
    const indexArtifact = output(task).artifacts[0]!;
    return plan({ spec: PASS_THROUGH, index: closedIndex(seconds), indexArtifact, slots: 1 });
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
          ...(roleOf(task.kind) === 'first' ? { plan: planOf(task) } : {}),
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
