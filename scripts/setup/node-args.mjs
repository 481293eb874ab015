import { CACHE } from './root.mjs';

/**
 * What a coordinator's Node is started with. Young objects fill as much memory as they may have before they are looked
 * through, and by themselves that is 128 MiB; a coordinator's live for one message, so little is enough. Old ones may
 * become half as many again as were alive, not several times as many.
 */
export const COORDINATOR_NODE_ARGS = ['--max-semi-space-size=8', '--heap-growing-percent=50'];

/**
 * What an agent's Node is started with. All frames of all clips pass through it in pieces that live for a moment: with little room
 * for young objects they go in passing. With much, they are so many megabytes that everything old is looked through for them.
 */
export const AGENT_NODE_ARGS = ['--max-semi-space-size=1'];

/** Programs that were compiled once are read from there: a start is quicker, and 25 MiB of compiler are never loaded. */
export const COMPILE_CACHE = `${CACHE}/compiled`;
