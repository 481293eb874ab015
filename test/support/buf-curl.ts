import { execFile } from 'node:child_process';

export interface Curled {
  /** 0, or the gRPC status times 8. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `buf curl` against a gRPC server of this machine: a client in another language that knows only what reflection tells. */
export function bufCurl(
  port: number,
  path: string,
  options: { data?: object; token?: string } = {},
): Promise<Curled> {
  const args = [
    'curl',
    '--protocol',
    'grpc',
    '--http2-prior-knowledge',
    ...(options.data === undefined ? [] : ['--data', JSON.stringify(options.data)]),
    ...(options.token === undefined ? [] : ['--header', `authorization: Bearer ${options.token}`]),
    ...(path === '' ? ['--list-services', `http://127.0.0.1:${port}`] : [`http://127.0.0.1:${port}/${path}`]),
  ];
  return new Promise((resolve) => {
    execFile('node_modules/.bin/buf', args, { timeout: 25_000 }, (error, stdout, stderr) =>
      resolve({ exitCode: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr }),
    );
  });
}

/** The JSON documents that a stream printed, one after the other. */
export function jsonDocuments(text: string): Record<string, unknown>[] {
  const joined = text.trim().replaceAll(/^\}\s*^\{/gm, '},{');
  return JSON.parse(`[${joined}]`) as Record<string, unknown>[];
}
