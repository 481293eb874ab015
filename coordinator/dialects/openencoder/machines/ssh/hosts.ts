/** A host of our own, as `ssh` is to reach it. */
export interface SshHost {
  readonly name: string;
  readonly user?: string;
  readonly port?: number;
}

const HOST = /^(?:([a-z_][a-z0-9_-]{0,31})@)?([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(?::(\d{1,5}))?$/i;

/** `blue.lab`, `render@green.lab:2222`; undefined for anything else, above all for what `ssh` would take for an option. */
export function parseSshHost(text: string): SshHost | undefined {
  const [, user, name, port] = HOST.exec(text) ?? [];
  if (name === undefined || (port !== undefined && !(Number(port) >= 1 && Number(port) <= 65_535)))
    return undefined;
  return {
    name: name.toLowerCase(),
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port: Number(port) }),
  };
}

const CONNECT_S = 10;

/**
 * What `ssh` is called with. It never asks a question, refuses a host whose key is not known, and runs a shell that reads its
 * script from standard input: nothing of an order is ever on a command line.
 */
export function sshArguments({ name, user, port }: SshHost): string[] {
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    `ConnectTimeout=${CONNECT_S}`,
    'ServerAliveInterval=5',
    'ServerAliveCountMax=3',
    'ClearAllForwardings=yes',
  ];
  return [
    '-T',
    ...options.flatMap((option) => ['-o', option]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    '--',
    user === undefined ? name : `${user}@${name}`,
    'sh -s',
  ];
}
