/** Where the tools are, as found and proved at start. Paths are absolute. */
export interface ToolPaths {
  readonly ffmpeg: string;
  readonly ffprobe: string;
  /** Undefined: no VapourSynth, only the pass-through script can run. */
  readonly vspipe?: VapourSynthPaths;
  /** Undefined: the machine has none, and frames of several encoders pass through the agent. */
  readonly mkfifo?: string;
  /** Encoder programs that a command may name, e.g. `x265` to `/usr/bin/x265`. */
  readonly programs: ReadonlyMap<string, string>;
}

export interface VapourSynthPaths {
  readonly vspipe: string;
  /** What vspipe needs in its environment: PATH, XDG_CONFIG_HOME, ... */
  readonly environment: Readonly<Record<string, string>>;
  /** Directories that must be readable inside a sandbox. */
  readonly readOnlyPaths: readonly string[];
}
