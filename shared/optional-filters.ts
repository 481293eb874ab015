/** Filters of ffmpeg that some of its builds and versions lack: agents prove them, commands that name them ask for them. */
export const OPTIONAL_FILTERS = ['spp', 'uspp'] as const;
