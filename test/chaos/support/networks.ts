import type { Processes } from '../../support/processes.ts';
import type { Program } from '../../support/program.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';

function endpoint(address: string): { host: string; port: number } {
  const [host = '', port = ''] = address.split(':');
  return { host, port: Number(port) };
}

/** An agent with a network of its own between it and the first coordinator. */
export interface NetworkedAgent {
  readonly agent: Program;
  readonly network: TcpProxy;
}

export async function addNetworkedAgents(grid: Processes, count: number): Promise<NetworkedAgent[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const network = await TcpProxy.open(endpoint(grid.coordinator.rpc));
      return { agent: await grid.addAgent({ coordinator: network.address }), network };
    }),
  );
}

/** The same URL through a network of its own. */
export async function through(url: string): Promise<{ url: string; network: TcpProxy }> {
  const target = new URL(url);
  const network = await TcpProxy.open({ host: target.hostname, port: Number(target.port) });
  target.hostname = '127.0.0.1';
  target.port = String(network.port);
  return { url: target.href.replace(/\/$/, ''), network };
}
