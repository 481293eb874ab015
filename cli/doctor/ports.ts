import { createServer } from 'node:net';
import { fail, ok, type Finding } from './finding.ts';
import { findListener } from './listener.ts';

/** A port that a coordinator wants, and how to give another one. */
export interface WantedPort {
  readonly name: string;
  readonly port: number;
  readonly option: string;
}

/** By the program, not by the folder that it is in: everything in a clone is below a folder of our name. */
const OURS = /(?:^|[/ ])(?:coordinator\/main\.[jt]s|cli\/(?:main\.[jt]s|clipgrid\.mjs))(?: |$)/;

/** The error code of listening there; undefined when it is free. */
async function tryListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

async function checkPort(host: string, { name, port, option }: WantedPort): Promise<Finding> {
  const label = `port ${port} (${name})`;
  const code = await tryListen(host, port);
  if (code === undefined) return ok(label, 'free');
  if (code === 'EACCES')
    return fail(label, 'only root may listen below 1024', `give another port: ${option} N`);
  if (code !== 'EADDRINUSE')
    return fail(
      label,
      `cannot listen on ${host}: ${code}`,
      'set CLIPGRID_HOST to an address of this machine',
    );
  const listener = await findListener(port);
  if (listener === undefined) {
    return fail(
      label,
      'in use by a process of another user',
      `find it with \`ss -ltnp\` as root, or give another port: ${option} N`,
    );
  }
  const { pid, command } = listener;
  if (OURS.test(command)) return ok(label, `a clipgrid coordinator listens (process ${pid})`);
  return fail(
    label,
    `in use by process ${pid}: ${command}`,
    `stop it (kill ${pid}), or give another port: ${option} N`,
  );
}

/** Whether a coordinator could listen on its ports, or does. */
export async function checkPorts(host: string, wanted: readonly WantedPort[]): Promise<Finding[]> {
  return Promise.all(wanted.filter(({ port }) => port !== 0).map((one) => checkPort(host, one)));
}
