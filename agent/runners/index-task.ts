import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { GridError } from '../../shared/errors.ts';
import type { IndexTask } from '../../shared/gen/clipgrid/v1/task.ts';
import { indexSource } from '../media/packet-index.ts';
import { audioTracks, mainVideo, probe } from '../media/probe.ts';
import { probeText } from '../media/source-probe.ts';
import { requireRoom } from '../media/room.ts';
import { writeSidecar } from '../media/sidecar.ts';
import { mediaTools, type Runner } from './runner.ts';

/** Reads the source once: its packet index, and in the same visit everything that is not the main video stream. */
export const runIndexTask: Runner<IndexTask> = async (spec, context) => {
  if (spec.source === undefined) throw new GridError('invalid_argument', 'the index task names no source');
  if (spec.source.sizeBytes === 0) throw new GridError('source_unreadable', 'the source has 0 bytes');
  const { workDir, signal } = context;
  const path = join(workDir, 'source');
  context.progress({ framesDone: 0, framesTotal: 0, fps: 0, phase: 'fetch' });
  // All but the picture is written a second time; that is little.
  await requireRoom(workDir, spec.source.sizeBytes * 1.2, 'the source');
  await context.source.download(spec.source, path, signal);
  const tools = mediaTools(context);
  const probed = await probe(tools, path);
  const index = await indexSource(tools, path, probed);
  const sidecarPath = join(workDir, 'sidecar.mkv');
  const source = { path, probed, videoIndex: mainVideo(probed).index };
  const hasSidecar = await writeSidecar(tools, source, sidecarPath);
  const indexPath = join(workDir, 'index.json.gz');
  const text = JSON.stringify({ ...index, hasSidecar, audioTracks: audioTracks(probed).length });
  await pipeline(Readable.from([text]), createGzip(), createWriteStream(indexPath));
  const lastPts = index.pts.reduce((a, b) => Math.max(a, b), -Infinity);
  const firstPts = index.pts.reduce((a, b) => Math.min(a, b), Infinity);
  const durationSeconds =
    ((lastPts - firstPts + index.lastDuration) * index.timeBase.num) / index.timeBase.den;
  const probeJson = probeText(probed.streams, probed.format);
  const frameCount = index.pts.length;
  const value = { frameCount, durationSeconds, format: index.format, hasSidecar, probeJson };
  return {
    artifacts: [
      { name: 'index', path: indexPath },
      ...(hasSidecar ? [{ name: 'sidecar', path: sidecarPath }] : []),
    ],
    result: { kind: { $case: 'index', value } },
  };
};
