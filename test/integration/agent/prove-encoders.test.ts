import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { proveEncoders } from '../../../agent/prove-encoders.ts';
import { systemClock } from '../../../shared/clock.ts';
import { requireProgram } from '../../support/tools.ts';

const LISTING = ` V..... = Video
 A..... = Audio
 ------
 V....D libx264              libx264 H.264 / AVC (codec h264)
 V....D h264_nvenc           NVIDIA NVENC H.264 encoder (codec h264)
 V....D hevc_nvenc           NVIDIA NVENC hevc encoder (codec hevc)
 V....D av1_nvenc            NVIDIA NVENC av1 encoder (codec av1)
 V....D h264_vaapi           H.264/AVC (VAAPI) (codec h264)
 V....D hevc_vaapi           H.265/HEVC (VAAPI) (codec hevc)
 A....D aac                  AAC (Advanced Audio Coding)`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clipgrid-proof-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** An ffmpeg of a machine whose card encodes HEVC only, and that writes down when each proof began and ended. */
async function standIn(): Promise<string> {
  const path = join(folder, 'ffmpeg');
  const script = `#!/bin/sh
case "$*" in *-encoders*) cat <<'EOL'
${LISTING}
EOL
exit 0;; esac
while [ $# -gt 0 ]; do [ "$1" = -c:v ] && encoder=$2; shift; done
echo "begin $encoder" >> ${folder}/log
sleep 0.2
echo "end $encoder" >> ${folder}/log
case "$encoder" in
  hevc_nvenc) exit 0;;
  *_nvenc) echo "[$encoder @ 0x1] No capable devices found" >&2; echo "Conversion failed!" >&2; exit 1;;
  *) echo "Failed to initialise VAAPI connection: -1 (unknown libva error)." >&2; exit 1;;
esac
`;
  await writeFile(path, script);
  await chmod(path, 0o755);
  return path;
}

test('a hardware encoder counts only if it encodes a frame here; what is listed but does not work is named with the reason', async () => {
  const proofs = await proveEncoders({ ffmpeg: await standIn(), workDir: folder, clock: systemClock });
  expect(proofs.proved).toEqual(['libx264', 'hevc_nvenc', 'aac']);
  expect(new Map(proofs.broken.map((one) => [one.name, one.reason]))).toEqual(
    new Map([
      ['h264_nvenc', 'No capable devices found'],
      ['av1_nvenc', 'No capable devices found'],
      ['h264_vaapi', 'Failed to initialise VAAPI connection: -1 (unknown libva error)'],
      ['hevc_vaapi', 'Failed to initialise VAAPI connection: -1 (unknown libva error)'],
    ]),
  );
});

test('L9 a few proofs run at once, not one for each of twenty listed encoders', async () => {
  await proveEncoders({ ffmpeg: await standIn(), workDir: folder, clock: systemClock });
  let running = 0;
  let most = 0;
  for (const line of (await readFile(join(folder, 'log'), 'utf8')).trim().split('\n')) {
    running += line.startsWith('begin') ? 1 : -1;
    most = Math.max(most, running);
  }
  expect(running).toBe(0);
  expect(most).toBe(2);
});

test('the real ffmpeg of this machine: software encoders are taken as listed, each hardware one is proved or says why not', async () => {
  const proofs = await proveEncoders({
    ffmpeg: requireProgram('ffmpeg'),
    workDir: folder,
    clock: systemClock,
  });
  expect(proofs.proved).toEqual(expect.arrayContaining(['libx264', 'libx265', 'ffv1']));
  expect(proofs.broken.every((one) => one.reason !== '')).toBe(true);
}, 120_000);
