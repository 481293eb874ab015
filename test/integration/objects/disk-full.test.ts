import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ApiClient } from '../../support/api-client.ts';
import { startTestCoordinator, type TestCoordinator } from '../../support/coordinator.ts';
import { plainFilm } from '../../support/films.ts';
import { startRealAgents } from '../../support/real-agents.ts';
import { SseReader } from '../../support/sse.ts';

/** On the agent called `full` the encoder's output lies on a device that is always full. */
const SCRIPT = `import os, vapoursynth as vs
if '/full/work/' in os.getcwd() and not os.path.lexists('CLIPGRID_OUTPUT.mkv'):
    os.symlink('/dev/full', 'CLIPGRID_OUTPUT.mkv')
vs.core.bs.VideoSource(os.environ['CLIPGRID_SOURCE']).set_output()
`;
/** More than ffmpeg keeps to itself before it writes. */
const ENCODE = 'ffmpeg -y -i - -c:v ffv1';

let coordinator: TestCoordinator;
let api: ApiClient;
let agents: { close(): Promise<void> };
beforeAll(async () => {
  coordinator = await startTestCoordinator();
  api = new ApiClient(coordinator.url);
  const { grpcPort, folder } = coordinator;
  agents = startRealAgents({ grpcPort, folder, names: ['full', 'roomy'] });
  await vi.waitFor(async () => {
    expect((await api.ok('AgentList', 'GET /agents')).agents).toHaveLength(2);
  }, 60_000);
});
afterAll(async () => {
  await agents.close();
  await coordinator.close();
});

test('an agent without room says disk_full, and another one does the clip', async () => {
  const film = Buffer.from(await readFile(plainFilm(coordinator.folder, 4)));
  const clips = { target_seconds: 1 };
  const body = { upload_id: await api.upload(film), script: SCRIPT, encode: ENCODE, clips };
  const { job_id: id } = await api.ok('SubmittedJob', 'POST /jobs', { body });
  const messages = await (await SseReader.open(`${coordinator.url}/jobs/${id}/events`)).until();

  const failures = messages.filter((message) => message.event === 'task.failed');
  expect(failures.length).toBeGreaterThan(0);
  for (const { data } of failures) {
    expect(data).toMatchObject({ code: 'disk_full', stage: 'encode' });
    expect(data['message']).toContain("the disk of the agent's work directory is full: ");
  }
  expect(new Set(failures.map((failure) => failure.data['agent_id'])).size).toBe(1);
  const job = await api.ok('JobDetail', `GET /jobs/${id}`);
  expect(job.state).toBe('succeeded');
  const encodes = job.tasks.filter((task) => task.kind === 'encode');
  expect(new Set(encodes.map((task) => task.agent))).toEqual(new Set(['roomy']));
}, 150_000);
