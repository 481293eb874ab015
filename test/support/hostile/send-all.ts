import { Agent } from 'node:http';
import { send, type HostileAnswer, type HostileRequest } from './http-send.ts';

/** At once. */
const SENDERS = 4;

/** Sends all of them, a few at once. Returns how many, how often each status came, and what was wrong. */
export async function sendAll(
  port: number,
  requests: Iterator<HostileRequest>,
  problemOf: (request: HostileRequest, answer: HostileAnswer) => string | undefined,
) {
  const connections = new Agent({ keepAlive: true, maxSockets: SENDERS });
  const problems: string[] = [];
  const statuses = new Map<number, number>();
  let sent = 0;
  const sender = async (): Promise<void> => {
    for (let next = requests.next(); !next.done; next = requests.next()) {
      const answer = await send(port, next.value, connections);
      sent++;
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      const problem = problemOf(next.value, answer);
      if (problem !== undefined) problems.push(problem);
    }
  };
  try {
    await Promise.all(Array.from({ length: SENDERS }, sender));
  } finally {
    connections.destroy();
  }
  return { problems, statuses, sent };
}
