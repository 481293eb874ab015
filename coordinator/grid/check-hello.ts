import { GridError } from '../../shared/errors.ts';
import { Hello, type Pause } from '../../shared/gen/clipgrid/v1/session.ts';
import { isAsStrong, strengthOf, type SandboxStrength } from '../../shared/sandbox-strength.ts';
import { checkFence } from '../domain/fence.ts';

/** Version of the session protocol that this coordinator speaks. */
export const PROTOCOL = 1;
const MAX_SLOTS = 256;
const MAX_HELD = 1024;
const MAX_HELLO_BYTES = 256 * 1024;

function refuse(field: string, value: unknown, rule: string): never {
  const shown = typeof value === 'string' ? value.slice(0, 200) : value;
  throw new GridError('invalid_argument', `Hello.${field} is ${JSON.stringify(shown)}: ${rule}`, {
    details: { field, value: shown },
  });
}

/** Refuses an agent whose sandbox is weaker than the grid's least: `failed_precondition`, with what to do. */
export function checkSandbox({ capabilities }: Hello, least: SandboxStrength): void {
  const strength = strengthOf(capabilities);
  if (isAsStrong(strength, least)) return;
  const message = `the sandbox of this agent is of the strength ${strength}, and this grid accepts none below ${least} (CLIPGRID_MIN_SANDBOX): install bubblewrap on the agent's machine and allow user namespaces`;
  throw new GridError('failed_precondition', message, {
    details: { field: 'capabilities', value: strength },
  });
}

const MAX_REASON = 300;

/** A pause as it may be stored: whatever the agent wrote, its reason is text of a bounded length. */
export function checkPause(pause: Pause | undefined): Pause | undefined {
  return pause && { reason: pause.reason.replaceAll('\0', '').slice(0, MAX_REASON) };
}

/** Refuses a Hello that cannot be meant: `invalid_argument` that names field and value. */
export function checkHello(hello: Hello): void {
  if (hello.protocol !== PROTOCOL) {
    const rule = `this coordinator speaks ${PROTOCOL}; install the same version on both sides`;
    refuse('protocol', hello.protocol, rule);
  }
  if (!/^[\w.:-]{1,100}$/.test(hello.agentId))
    refuse('agent_id', hello.agentId, '1 to 100 letters, digits, . : _ -');
  if (hello.name.length > 200) refuse('name', hello.name, 'at most 200 characters');
  if (hello.slots < 1 || hello.slots > MAX_SLOTS) refuse('slots', hello.slots, `1 to ${MAX_SLOTS}`);
  if (hello.heldLeases.length > MAX_HELD)
    refuse('held_leases', hello.heldLeases.length, `at most ${MAX_HELD}`);
  hello.heldLeases.forEach(checkFence);
  const bytes = Hello.encode(hello).finish().length;
  if (bytes > MAX_HELLO_BYTES) refuse('size', bytes, `at most ${MAX_HELLO_BYTES} bytes`);
  // PostgreSQL's text holds no NUL.
  if (JSON.stringify(Hello.toJSON(hello)).includes(String.raw`\u0000`))
    refuse('text', '\0', 'no text may hold a NUL character');
}
