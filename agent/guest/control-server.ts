import { chmod, mkdir, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import {
  controlAddress,
  MAX_PAUSE_S,
  type AgentStatus,
  type ControlAnswer,
  type ControlRequest,
} from '../../shared/agent-control.ts';
import { GridError, toGridError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';

export interface ControlDeps {
  readonly dataDir: string;
  readonly logger: Logger;
  status(): AgentStatus;
  /** Undefined: until told otherwise. */
  pause(forMs: number | undefined): Promise<void>;
  resume(): Promise<void>;
}

export interface ControlServer {
  close(): Promise<void>;
}

const MAX_REQUEST_CHARS = 4_096;
const MAX_CONNECTIONS = 8;
const REQUEST_WITHIN_MS = 5_000;
/** sockaddr_un (unix(7)) holds no longer path. */
const MAX_PATH_BYTES = 107;

/** A request as it may be meant; else `invalid_argument` that names what is wrong. */
export function checkRequest(text: string): ControlRequest {
  let asked: { command?: unknown; for_seconds?: unknown } | null;
  try {
    asked = JSON.parse(text) as typeof asked;
  } catch {
    throw new GridError('invalid_argument', 'the request is no JSON');
  }
  const { command, for_seconds: seconds } = asked ?? {};
  if (command === 'status' || command === 'resume') return { command };
  if (command !== 'pause')
    throw new GridError('invalid_argument', `command is ${JSON.stringify(command)}: status, pause or resume`);
  if (seconds === undefined) return { command };
  if (typeof seconds === 'number' && Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_PAUSE_S)
    return { command, for_seconds: seconds };
  throw new GridError('invalid_argument', `for_seconds is ${JSON.stringify(seconds)}: 1 to ${MAX_PAUSE_S}`);
}

async function answerTo(deps: ControlDeps, text: string): Promise<ControlAnswer> {
  try {
    const request = checkRequest(text);
    if (request.command === 'pause')
      await deps.pause(request.for_seconds === undefined ? undefined : request.for_seconds * 1000);
    if (request.command === 'resume') await deps.resume();
    return deps.status();
  } catch (thrown) {
    const { code, message } = toGridError(thrown);
    return { error: { code, message } };
  }
}

function serve(deps: ControlDeps, socket: Socket): void {
  let heard = '';
  let answered = false;
  socket.setEncoding('utf8');
  socket.setTimeout(REQUEST_WITHIN_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: string) => {
    if (answered) return;
    heard += chunk;
    const end = heard.indexOf('\n');
    if (end < 0 && heard.length < MAX_REQUEST_CHARS) return;
    answered = true;
    void answerTo(deps, end < 0 ? '' : heard.slice(0, end)).then((answer) =>
      socket.end(`${JSON.stringify(answer)}\n`),
    );
  });
}

function listen(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, resolve);
  });
}

/**
 * Serves `clipgrid agent status`, `pause` and `resume` to the account of the agent, and to nobody else. Where the socket
 * cannot be made the agent works without, and says so.
 */
export async function openControl(deps: ControlDeps): Promise<ControlServer> {
  const address = controlAddress(deps.dataDir, process.platform);
  const server = createServer((socket) => serve(deps, socket));
  server.maxConnections = MAX_CONNECTIONS;
  try {
    if (process.platform !== 'win32') {
      if (Buffer.byteLength(address) > MAX_PATH_BYTES)
        throw new GridError(
          'invalid_argument',
          `the path is longer than ${MAX_PATH_BYTES} bytes: ${address}`,
        );
      await mkdir(dirname(address), { recursive: true, mode: 0o700 });
      // In a folder that nobody else may enter, before there is a socket in it.
      await chmod(dirname(address), 0o700);
      await rm(address, { force: true });
    }
    await listen(server, address);
    server.on('error', (error) => deps.logger.warn({ error: String(error) }, 'the control socket'));
    if (process.platform !== 'win32') await chmod(address, 0o600);
  } catch (error) {
    server.close();
    deps.logger.warn({ error: String(error) }, 'clipgrid agent status, pause and resume will not work');
  }
  return {
    async close() {
      if (!server.listening) return;
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
