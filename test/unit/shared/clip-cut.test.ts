import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCutPlanner, planCut } from '../../../shared/clip-cut.ts';
import type { SourceIndex } from '../../../shared/source-index.ts';

interface Gop {
  /** Frames before the keyframe in presentation, after it in decode order. */
  readonly leading: number;
  /** Sizes of mini-GOPs: one reference frame, then the B-frames in front of it. */
  readonly miniGops: readonly number[];
}

const gops = fc.array(
  fc.record({ leading: fc.nat(3), miniGops: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }) }),
  { minLength: 1, maxLength: 6 },
);

/** Decode-order pts with step 10, keyframe positions, and the GOP of every packet. */
function encode(list: readonly Gop[]): { pts: number[]; keyframes: number[]; leadingOf: number[] } {
  const pts: number[] = [];
  const keyframes: number[] = [];
  const leadingOf: number[] = [];
  let next = 0;
  list.forEach((gop, number) => {
    const leading = number === 0 ? 0 : gop.leading;
    keyframes.push(pts.length);
    pts.push((next + leading) * 10);
    leadingOf.push(-1);
    for (let i = 0; i < leading; i++) {
      pts.push((next + i) * 10);
      leadingOf.push(number);
    }
    next += leading + 1;
    for (const size of gop.miniGops) {
      pts.push((next + size - 1) * 10);
      for (let i = 0; i < size - 1; i++) pts.push((next + i) * 10);
      for (let i = 0; i < size; i++) leadingOf.push(-1);
      next += size;
    }
  });
  return { pts, keyframes, leadingOf };
}

function index(pts: readonly number[], keyframes: readonly number[], packetExact = true): SourceIndex {
  return {
    version: 1,
    format: {
      codec: 'h264',
      width: 2,
      height: 2,
      pixelFormat: 'yuv420p',
      frameRate: undefined,
      sampleAspectRatio: undefined,
      colorRange: '',
      colorPrimaries: '',
      colorTransfer: '',
      colorSpace: '',
      chromaLocation: '',
      fieldOrder: '',
    },
    timeBase: { num: 1, den: 1000 },
    pts,
    size: pts.map(() => 7),
    position: pts.map((_, packet) => 100 + packet * 10),
    keyframes,
    packetExact,
    lastDuration: 10,
    sourceBytes: 100 + pts.length * 10,
    container: 'matroska,webm',
    startOffset: 0,
    hasSidecar: false,
    sidecarShiftS: 0,
    variableFrameRate: false,
    extras: { tags: {}, disposition: [], rotation: 0 },
  };
}

describe('planCut', () => {
  it('numbers frames by ascending pts', () => {
    const planner = createCutPlanner(index([0, 30, 10, 20], [0]));
    expect(planner.framePts).toEqual([0, 10, 20, 30]);
    expect(planner.frameCount).toBe(4);
  });

  it('cuts a closed GOP to exactly its frames', () => {
    const cut = planCut(index([0, 20, 10, 30, 50, 40], [0, 3]), 3, 6);
    expect(cut).toEqual({
      timeBase: { num: 1, den: 1000 },
      seekPts: 30,
      seekByte: 130,
      packetCount: 3,
      leadInFrames: 0,
      leadOutFrames: 0,
      framePts: [30, 40, 50],
      endByte: 157,
      undecodableLeading: 0,
      layout: '',
      head: [],
    });
  });

  it('drops the leading packets of an open GOP when the clip starts at its keyframe', () => {
    const cut = planCut(index([0, 30, 10, 20, 50, 40], [0, 1]), 3, 6);
    expect(cut).toMatchObject({ seekPts: 30, packetCount: 5, undecodableLeading: 2, leadInFrames: 0 });
  });

  it('starts one keyframe earlier when a wanted frame is a leading one', () => {
    const cut = planCut(index([0, 30, 10, 20, 50, 40], [0, 1]), 2, 3);
    expect(cut).toMatchObject({
      seekPts: 0,
      packetCount: 4,
      undecodableLeading: 0,
      leadInFrames: 2,
      leadOutFrames: 1,
    });
  });

  it('knows no end byte when a position is unknown', () => {
    const unknown = { ...index([0, 10, 20], [0]), position: [0, -1, 20] };
    expect(planCut(unknown, 0, 1).endByte).toBe(7);
    expect(planCut(unknown, 0, 2).endByte).toBe(-1);
  });

  it('asks for a decode when packets are not frames', () => {
    const cut = planCut(index([0, 10, 20, 30], [0], false), 1, 3);
    expect(cut).toMatchObject({ packetCount: 0, framePts: [10, 20], leadInFrames: 0, leadOutFrames: 0 });
  });

  it('refuses empty and outside ranges', () => {
    expect(() => planCut(index([0, 10], [0]), 1, 1)).toThrow('0 <= start < end <= 2');
    expect(() => planCut(index([0, 10], [0]), 0, 3)).toThrow('0 <= start < end <= 2');
  });

  it('always copies a decodable set that holds every wanted frame, for any GOPs and range', () => {
    fc.assert(
      fc.property(gops, fc.nat(), fc.nat(), fc.nat(3), (list, a, b, handles) => {
        const { pts, keyframes, leadingOf } = encode(list);
        const planner = createCutPlanner(index(pts, keyframes));
        const start = a % pts.length;
        const end = start + 1 + (b % (pts.length - start));
        const cut = planner.cut(start, end, handles);
        const seek = pts.indexOf(cut.seekPts);
        expect(keyframes).toContain(seek);
        const gop = keyframes.indexOf(seek);
        const copied = pts.slice(seek, seek + cut.packetCount);
        const decodable = copied.filter((_, i) => seek === 0 || leadingOf[seek + i] !== gop);
        expect(copied.length - decodable.length).toBe(cut.undecodableLeading);
        const first = cut.framePts[0] ?? NaN;
        const last = cut.framePts.at(-1) ?? NaN;
        expect(decodable.filter((p) => p < first)).toHaveLength(cut.leadInFrames);
        expect(decodable.filter((p) => p > last)).toHaveLength(cut.leadOutFrames);
        const sorted = decodable.toSorted((x, y) => x - y);
        expect(sorted.slice(cut.leadInFrames, cut.leadInFrames + cut.framePts.length)).toEqual(cut.framePts);
        const before = Math.min(handles, start);
        const around = planner.framePts.slice(start - before, Math.min(pts.length, end + handles));
        for (const value of around) expect(decodable).toContain(value);
      }),
    );
  });

  it('clean starts need no lead-in, and all other keyframes do', () => {
    fc.assert(
      fc.property(gops, (list) => {
        const { pts, keyframes } = encode(list);
        const planner = createCutPlanner(index(pts, keyframes));
        for (const keyframe of keyframes) {
          const frame = planner.framePts.indexOf(pts[keyframe] ?? NaN);
          const cut = planner.cut(frame, planner.frameCount);
          expect(planner.cleanStarts.includes(frame)).toBe(cut.leadInFrames === 0);
        }
      }),
    );
  });
});
