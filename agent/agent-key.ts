import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GridError } from '../shared/errors.ts';

const READABLE_BY_OTHERS = 0o077;

/** The agent's own Ed25519 key: made once, never leaves its folder, readable by the agent's account only. */
export async function openAgentKey(dataDir: string): Promise<KeyObject> {
  await mkdir(dataDir, { recursive: true });
  const file = join(dataDir, 'agent-key.pem');
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known !== undefined) {
    await checkPrivate(file);
    return parse(file, known);
  }
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  await writeFile(file, pem, { mode: 0o600, flag: 'wx', flush: true });
  return privateKey;
}

async function checkPrivate(file: string): Promise<void> {
  const { mode } = await stat(file);
  if (process.platform === 'win32' || (mode & READABLE_BY_OTHERS) === 0) return;
  const message = `others can read the agent's key ${file}: if nobody did, chmod 600 it; else revoke the agent and enrol anew`;
  throw new GridError('failed_precondition', message, { details: { field: 'mode', value: mode & 0o777 } });
}

function parse(file: string, pem: string): KeyObject {
  const refuse = (cause?: unknown): never => {
    const message = `${file} holds no Ed25519 key: remove it, and enrol the agent anew with --join-token`;
    throw new GridError('failed_precondition', message, { cause });
  };
  try {
    const key = createPrivateKey(pem);
    return key.asymmetricKeyType === 'ed25519' ? key : refuse();
  } catch (cause) {
    return cause instanceof GridError ? refuse() : refuse(cause);
  }
}
