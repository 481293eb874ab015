import { CACHE } from './root.mjs';

/**
 * What a coordinator's Node is started with. Young objects fill as much memory as they may have before they are looked
 * through, and by themselves that is 128 MiB; a coordinator's live for one message, so little is enough. Old ones may
 * become half as many again as were alive, not several times as many.
 */
export const COORDINATOR_NODE_ARGS = ['--max-semi-space-size=8', '--heap-growing-percent=50'];

/**
 * What an agent's Node is started with. All frames of all clips pass through it in pieces that live for a moment. Young objects
 * that name them are few and small, the pieces are not: what is young is thrown away after a fifth of a small room, or 64 MiB of
 * pieces bring about a look through everything old, some times a second.
 */
export const AGENT_NODE_ARGS = ['--max-semi-space-size=1', '--minor-gc-task-trigger=20'];

/** Programs that were compiled once are read from there: a start is quicker, and 25 MiB of compiler are never loaded. */
export const COMPILE_CACHE = `${CACHE}/compiled`;
