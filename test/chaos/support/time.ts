/** How long a fault lasts, or how often something is looked at that nobody tells of. */
export function lasting(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const LOOK_MS = 20;
const DEADLINE_MS = 90_000;

/** Asks until there is an answer; throws with `what` when none comes. */
export async function answered<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const deadlineMs = performance.now() + DEADLINE_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadlineMs) throw new Error(`it never came to this: ${what}`);
    await lasting(LOOK_MS);
  }
}

/** Seconds between two moments in milliseconds. */
export function secondsFrom(fromMs: number, toMs = Date.now()): number {
  return (toMs - fromMs) / 1000;
}
