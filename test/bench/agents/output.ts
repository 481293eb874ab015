import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Artifact } from '../../../shared/gen/clipgrid/v1/artifact.ts';
import type { LeaseGrant } from '../../../shared/gen/clipgrid/v1/lease.ts';
import type { TaskResult, VideoFormat } from '../../../shared/gen/clipgrid/v1/task.ts';
import type { SourceIndex } from '../../../shared/source-index.ts';

/** What a simulated agent brings for a task: real bytes, of which nobody asked whether they are a video. */
export interface SimulatedOutput {
  readonly bytes: Buffer;
  readonly artifact: Artifact;
  readonly result: TaskResult;
}

const FORMAT: VideoFormat = {
  codec: 'h264',
  width: 1280,
  height: 720,
  pixelFormat: 'yuv420p',
  frameRate: { num: 25, den: 1 },
  sampleAspectRatio: { num: 1, den: 1 },
  colorRange: 'tv',
  colorPrimaries: 'bt709',
  colorTransfer: 'bt709',
  colorSpace: 'bt709',
  chromaLocation: 'left',
  fieldOrder: 'progressive',
};

/** A source of `clips` seconds, whatever their frame rate, with a keyframe at the start of each. */
export function simulatedIndex(clips: number, framesPerClip: number): Buffer {
  const pts = Array.from({ length: clips * framesPerClip }, (_, frame) => frame);
  const index: SourceIndex = {
    version: 1,
    format: { ...FORMAT, frameRate: { num: framesPerClip, den: 1 } },
    timeBase: { num: 1, den: framesPerClip },
    pts,
    size: pts.map(() => 4_000),
    position: pts.map((frame) => frame * 4_000),
    keyframes: pts.filter((frame) => frame % framesPerClip === 0),
    packetExact: true,
    lastDuration: 1,
    sourceBytes: pts.length * 4_000,
    container: 'matroska,webm',
    startOffset: 0,
    hasSidecar: false,
    sidecarShiftS: 0,
    variableFrameRate: false,
    extras: { tags: {}, disposition: [], rotation: 0 },
  };
  return gzipSync(JSON.stringify(index));
}

function artifactOf(name: string, bytes: Buffer): Artifact {
  const hash = (algorithm: string): string => createHash(algorithm).update(bytes).digest('hex');
  return { name, sha256: hash('sha256'), md5: hash('md5'), sizeBytes: bytes.length };
}

/** The output of a granted task. */
export function simulatedOutput(grant: LeaseGrant, index: Buffer): SimulatedOutput {
  const kind = grant.spec?.kind;
  const own = Buffer.from(`${kind?.$case} of ${grant.fence?.taskId}`);
  switch (kind?.$case) {
    case 'index': {
      const value = { frameCount: 0, durationSeconds: 0, format: FORMAT, hasSidecar: false, probeJson: '' };
      return {
        bytes: index,
        artifact: artifactOf('index', index),
        result: { kind: { $case: 'index', value } },
      };
    }
    case 'encode': {
      const frames = kind.value.cut?.framePts.length ?? 0;
      const value = {
        frameCount: frames,
        inputFrames: frames,
        format: FORMAT,
        encodeSeconds: 1,
        extradataSha256: '',
        fetchedBytes: 0,
        outputRate: undefined,
        resumedFrames: 0,
      };
      return {
        bytes: own,
        artifact: artifactOf('segment', own),
        result: { kind: { $case: 'encode', value } },
      };
    }
    case 'merge': {
      const value = { frameCount: kind.value.frameCount, durationSeconds: 1, format: FORMAT };
      return { bytes: own, artifact: artifactOf('result', own), result: { kind: { $case: 'merge', value } } };
    }
    case 'audio':
    case 'clip':
    case 'preview':
    case 'probe':
    case 'media':
    case 'package':
    case undefined:
      throw new Error(`the bench has no tasks of kind ${kind?.$case}`);
  }
}
