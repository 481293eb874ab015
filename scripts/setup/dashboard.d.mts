/** Builds the coordinator's page by Vite, unless the one that is there is of these very sources. `node`: the path of Node 24. */
export function ensureDashboard(node: string): Promise<void>;
