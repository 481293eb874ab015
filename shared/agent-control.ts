import { createHash } from 'node:crypto';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { GridError, isErrorCode } from './errors.ts';

/** What the owner of a machine asks of the agent on it. One line of JSON each way, then the connection ends. */
export type ControlRequest =
  | { readonly command: 'status' }
  | { readonly command: 'pause'; readonly for_seconds?: number }
  | { readonly command: 'resume' };

export interface ControlLease {
  readonly task_id: string;
  readonly phase: string;
  readonly frames_done: number;
  readonly frames_total: number;
  readonly fps: number;
}

/** The state of an agent as its owner sees it. Times are RFC 3339, in UTC. */
export interface AgentStatus {
  readonly agent_id: string;
  readonly name: string;
  readonly version: string;
  readonly coordinator: string;
  readonly connected: boolean;
  readonly slots: number;
  readonly paused: { readonly reason: string; readonly since: string; readonly until: string | null } | null;
  readonly leases: readonly ControlLease[];
  /** What the agent yields to and its limits, in words. */
  readonly guest: readonly string[];
}

export type ControlAnswer =
  AgentStatus | { readonly error: { readonly code: string; readonly message: string } };

/** An agent has 256 slots at most. */
const MAX_ANSWER_CHARS = 256 * 1024;
/** Longest pause with an end: a year. */
export const MAX_PAUSE_S = 366 * 24 * 3600;

/** Where the agent of a data folder listens: a socket in the folder, or a named pipe that is called by it. Absolute path. */
export function controlAddress(dataDir: string, platform: NodeJS.Platform): string {
  if (platform !== 'win32') return join(dataDir, 'control', 'agent.sock');
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 24);
  return String.raw`\\.\pipe\clipgrid-agent-${name}`;
}

function parse(text: string): ControlAnswer {
  try {
    return JSON.parse(text) as ControlAnswer;
  } catch {
    throw new GridError('unavailable', 'the agent broke off its answer');
  }
}

/** Asks the agent of that address. `not_found`: none runs there; `unavailable`: it does not answer. */
export async function askAgent(
  address: string,
  request: ControlRequest,
  limitMs: number,
): Promise<AgentStatus> {
  const text = await new Promise<string>((resolve, reject) => {
    const socket = createConnection(address);
    let heard = '';
    socket.setEncoding('utf8');
    socket.setTimeout(limitMs, () =>
      socket.destroy(new GridError('unavailable', `the agent did not answer within ${limitMs / 1000} s`)),
    );
    socket.once('connect', () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on('data', (chunk: string) => {
      heard += chunk;
      if (heard.length > MAX_ANSWER_CHARS)
        socket.destroy(new GridError('too_large', 'what answers there is no agent'));
    });
    socket.once('end', () => resolve(heard));
    socket.once('error', (cause: NodeJS.ErrnoException) => {
      if (cause instanceof GridError) return reject(cause);
      const nobody = cause.code === 'ENOENT' || cause.code === 'ECONNREFUSED';
      const message = nobody
        ? `no agent runs with this data folder (${address})`
        : `the agent cannot be asked: ${cause.message}`;
      reject(new GridError(nobody ? 'not_found' : 'unavailable', message, { cause }));
    });
  });
  const answer = parse(text);
  if (!('error' in answer)) return answer;
  const { code, message } = answer.error;
  throw new GridError(isErrorCode(code) ? code : 'internal', message);
}
