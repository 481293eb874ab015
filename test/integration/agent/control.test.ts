import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openControl, type ControlServer } from '../../../agent/guest/control-server.ts';
import { OwnPauseFile } from '../../../agent/guest/own-pause.ts';
import { askAgent, controlAddress, type AgentStatus } from '../../../shared/agent-control.ts';
import { silentLogger } from '../../../shared/logger.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'control-'));
const address = controlAddress(dataDir, process.platform);
const STATUS: AgentStatus = {
  agent_id: 'a',
  name: 'a',
  version: '1',
  coordinator: 'c',
  connected: true,
  slots: 1,
  paused: null,
  leases: [],
  guest: [],
};
const said: unknown[] = [];
let server: ControlServer;
const open = () =>
  openControl({
    dataDir,
    logger: silentLogger,
    status: () => STATUS,
    pause: async (forMs) => void said.push(['pause', forMs]),
    resume: async () => void said.push('resume'),
  });
beforeAll(async () => {
  // What a killed agent left there is no hindrance.
  mkdirSync(dirname(address));
  writeFileSync(address, '');
  server = await open();
});
afterAll(() => server.close());

const LIMIT_MS = 5_000;

async function raw(bytes: string): Promise<unknown> {
  const socket = createConnection(address);
  socket.write(bytes);
  return JSON.parse(await text(socket));
}

test('it answers its owner, and says what of a request is wrong', async () => {
  expect(await askAgent(address, { command: 'status' }, LIMIT_MS)).toEqual(STATUS);
  await askAgent(address, { command: 'pause', for_seconds: 7 }, LIMIT_MS);
  await askAgent(address, { command: 'pause' }, LIMIT_MS);
  await askAgent(address, { command: 'resume' }, LIMIT_MS);
  expect(said).toEqual([['pause', 7_000], ['pause', undefined], 'resume']);
  const refused = (message: string) => ({
    error: { code: 'invalid_argument', message: expect.stringContaining(message) as string },
  });
  expect(await raw('{"command":"pause","for_seconds":0}\n')).toEqual(refused('for_seconds is 0'));
  expect(await raw('{"command":"shutdown"}\n')).toEqual(refused('command is "shutdown"'));
  expect(await raw('null\n')).toEqual(refused('command is undefined'));
  expect(await raw('nonsense\n')).toEqual(refused('no JSON'));
  expect(await raw('x'.repeat(10_000))).toEqual(refused('no JSON'));
  await expect(askAgent(join(dataDir, 'none'), { command: 'status' }, LIMIT_MS)).rejects.toMatchObject({
    code: 'not_found',
  });
});

test("the owner's pause is remembered over a restart, also where its file was cut off", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pause-'));
  const file = await OwnPauseFile.open(folder);
  expect(file.pause).toBeUndefined();
  await file.set({ untilWallMs: 1_800_000_000_000 });
  expect((await OwnPauseFile.open(folder)).pause).toEqual({ untilWallMs: 1_800_000_000_000 });
  await file.set({});
  expect((await OwnPauseFile.open(folder)).pause).toEqual({});
  await file.set(undefined);
  expect((await OwnPauseFile.open(folder)).pause).toBeUndefined();
});
