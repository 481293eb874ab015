import { randomUUID } from 'node:crypto';
import type { Hello } from '../../../shared/gen/clipgrid/v1/session.ts';

/** Video encoders of a usual ffmpeg: what an agent says of itself is not small, and the coordinator must live with that. */
const ENCODERS =
  `a64multi a64multi5 alias_pix amv apng asv1 asv2 libaom-av1 librav1e libsvtav1 avrp avui ayuv bitpacked bmp cfhd
  cinepak cljr vc2 dnxhd dpx dvvideo exr ffv1 ffvhuff fits flashsv flashsv2 flv gif h261 h263 h263p libx264 libx264rgb
  libx265 hap huffyuv jpeg2000 libopenjpeg jpegls ljpeg magicyuv mjpeg mpeg1video mpeg2video mpeg4 libxvid msmpeg4v2
  msmpeg4 msvideo1 pam pbm pcx pfm pgm pgmyuv phm png ppm prores prores_aw prores_ks qoi qtrle r10k r210 rawvideo roqvideo
  rpza rv10 rv20 sgi smc snow speedhq sunrast svq1 targa libtheora tiff utvideo v210 v308 v408 v410 vbn vnull libvpx
  libvpx-vp9 wbmp wrapped_avframe libwebp_anim libwebp wmv1 wmv2 wrapped xbm xface xwd y41p yuv4 zlib zmbv`
    .split(/\s+/)
    .map((name) => `encoder:${name}`);

/** What agent `number` says of itself. */
export function simulatedHello(number: number, slots: number): Omit<Hello, 'heldLeases'> {
  return {
    agentId: `bench-${number}`,
    name: `bench-${number}`,
    version: 'bench',
    protocol: 1,
    hardware: {
      hostname: `machine-${number}`,
      os: 'Debian GNU/Linux 12',
      arch: 'x64',
      cpuModel: 'AMD EPYC',
      cpuCores: 16,
      memoryBytes: 64e9,
      gpus: [{ vendor: 'NVIDIA', model: 'RTX 4090', memoryBytes: 24e9, driver: '570.10' }],
      disks: [{ path: '/var/lib/clipgrid', sizeBytes: 2e12, freeBytes: 1e12 }],
    },
    tools: [
      { name: 'ffmpeg', version: '7.1', path: '/usr/bin/ffmpeg' },
      { name: 'x264', version: '164', path: '/usr/bin/x264' },
      { name: 'x265', version: '4.1', path: '/usr/bin/x265' },
      { name: 'vapoursynth', version: 'R73', path: '/usr/bin/vspipe' },
    ],
    capabilities: [
      'program:ffmpeg',
      'program:x264',
      'program:x265',
      'tool:vapoursynth',
      'sandbox:limits',
      ...ENCODERS,
    ],
    lacks: [],
    slots,
    start: 1,
    incarnation: randomUUID(),
    connection: 1,
    labels: {},
    pause: undefined,
    proof: new Uint8Array(),
  };
}
