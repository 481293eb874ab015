/** Arguments for the Node that runs coordinator/main.ts. */
export const COORDINATOR_NODE_ARGS: readonly string[];
/** Arguments for the Node that runs agent/main.ts. */
export const AGENT_NODE_ARGS: readonly string[];
/** A folder for the environment's NODE_COMPILE_CACHE, of every program of the project. */
export const COMPILE_CACHE: string;
