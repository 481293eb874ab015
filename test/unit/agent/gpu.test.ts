import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createGpuSampler, parseNvidiaCards, parseNvidiaLoad, readAmdLoad } from '../../../agent/gpu.ts';
import type { GpuLoad } from '../../../shared/gen/clipgrid/v1/session.ts';
import { ManualClock } from '../../support/manual-clock.ts';

test('cards as nvidia-smi tells them', () => {
  const csv = 'NVIDIA GeForce RTX 4090, 24564, 550.54.14\nTesla T4, 15360, 550.54.14\n';
  expect(parseNvidiaCards(csv)).toEqual([
    { vendor: 'NVIDIA', model: 'NVIDIA GeForce RTX 4090', memoryBytes: 25_757_220_864, driver: '550.54.14' },
    { vendor: 'NVIDIA', model: 'Tesla T4', memoryBytes: 16_106_127_360, driver: '550.54.14' },
  ]);
  expect(parseNvidiaCards('')).toEqual([]);
});

test('loads as nvidia-smi tells them, also of cards that do not know one', () => {
  expect(parseNvidiaLoad('37, 1024\n[N/A], [Not Supported]\n')).toEqual([
    { utilization: 0.37, memoryUsedBytes: 1_073_741_824 },
    { utilization: 0, memoryUsedBytes: 0 },
  ]);
});

test("loads of AMD's cards are read from their files; other cards and connectors are passed over", async () => {
  const root = await mkdtemp(join(tmpdir(), 'clipgrid-drm-'));
  for (const card of ['card0', 'card1', 'card1-DP-1'])
    await mkdir(join(root, card, 'device'), { recursive: true });
  await writeFile(join(root, 'card1/device/gpu_busy_percent'), '64\n');
  await writeFile(join(root, 'card1/device/mem_info_vram_used'), '123456\n');
  expect(await readAmdLoad(root)).toEqual([{ utilization: 0.64, memoryUsedBytes: 123_456 }]);
  expect(await readAmdLoad(join(root, 'none'))).toEqual([]);
  await rm(root, { recursive: true });
});

test('a heartbeat never waits for the cards: it gets what is known, and they are asked every ten seconds at most', async () => {
  const clock = new ManualClock();
  const answers: ((loads: GpuLoad[]) => void)[] = [];
  const ask = () => new Promise<GpuLoad[]>((resolve) => answers.push(resolve));
  const sample = createGpuSampler({ nvidiaSmi: undefined, clock, ask });
  const load = { utilization: 0.5, memoryUsedBytes: 1 };
  expect(sample()).toEqual([]);
  clock.advance(60_000);
  expect(sample()).toEqual([]);
  expect(answers).toHaveLength(1);
  answers[0]!([load]);
  await new Promise<void>((resolve) => setImmediate(resolve));
  expect(sample()).toEqual([load]);
  expect(answers).toHaveLength(2);
});
