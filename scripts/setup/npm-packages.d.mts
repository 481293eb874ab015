/** npm's own list of what it installed agrees with the lock file in all that this platform must have. */
export function matchesLock(lockText: string, installedText: string): boolean;
export function ensurePackages(): Promise<void>;
