import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openAgentKey } from '../../../agent/agent-key.ts';
import { isProofOf, proveAgent, publicKeyBytes } from '../../../shared/agent-proof.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clipgrid-key-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));
const file = (): string => join(folder, 'agent-key.pem');

test('a key is made once, and only its owner can read it', async () => {
  const key = await openAgentKey(folder);
  const pem = await readFile(file(), 'utf8');
  expect((await stat(file())).mode & 0o777).toBe(0o600);
  expect(publicKeyBytes(await openAgentKey(folder))).toEqual(publicKeyBytes(key));
  expect(await readFile(file(), 'utf8')).toBe(pem);
  expect(publicKeyBytes(key)).toHaveLength(32);
});

test('a key that others can read is not used', async () => {
  await openAgentKey(folder);
  await chmod(file(), 0o640);
  await expect(openAgentKey(folder)).rejects.toThrow(/others can read the agent's key .*chmod 600/);
});

test.each(['', 'not a key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'])(
  'a file that holds %j is no key, and is not written over',
  async (text) => {
    await writeFile(file(), text, { mode: 0o600 });
    await expect(openAgentKey(folder)).rejects.toThrow(/holds no Ed25519 key: remove it, and enrol/);
    expect(await readFile(file(), 'utf8')).toBe(text);
  },
);

test('a proof is good for its agent and its nonce only', async () => {
  const key = await openAgentKey(folder);
  const publicKey = publicKeyBytes(key);
  const nonce = Buffer.alloc(32, 1);
  const proof = proveAgent(key, 'a', nonce);
  expect(isProofOf(publicKey, { agentId: 'a', nonce, proof })).toBe(true);
  expect(isProofOf(publicKey, { agentId: 'b', nonce, proof })).toBe(false);
  expect(isProofOf(publicKey, { agentId: 'a', nonce: Buffer.alloc(32, 2), proof })).toBe(false);
  expect(isProofOf(Buffer.alloc(32, 7), { agentId: 'a', nonce, proof })).toBe(false);
});
