import type { GuestSettings } from './guest/settings.ts';
import type { SandboxLimits } from './sandbox/limits.ts';

/** What an agent is told at its start. */
export interface AgentConfig {
  /** host:port of any coordinator of the grid, or several with commas between. */
  readonly coordinator: string;
  readonly token?: string;
  /** Enrols the agent at its first start. */
  readonly joinToken?: string;
  /** Absent: plain text. */
  readonly tls?: AgentTls;
  readonly name: string;
  /** Tasks at once. */
  readonly slots: number;
  /** The agent's own folder: identity and work directories. Absolute path. */
  readonly dataDir: string;
  /** The value of PATH: where tools are looked for. */
  readonly searchPath: string;
  /** JSON file that says where VapourSynth is (`VapourSynthPaths`); written by the set-up. */
  readonly vapourSynthFile?: string;
  /** How long a drain may take before leases are given back. */
  readonly drainDeadlineMs: number;
  /** Where they differ from the usual ones. */
  readonly sandboxLimits?: Partial<SandboxLimits>;
  /** When the owner of the machine comes first. Default: never. */
  readonly guest?: GuestSettings;
  /** What a program needs in its environment to ask the screen: DISPLAY, XAUTHORITY. */
  readonly screen?: Readonly<Record<string, string>>;
  /** Processors that the agent and all that it starts may use. */
  readonly cores?: number;
  /** Bytes a second, of all transfers in that direction together. */
  readonly maxDownload?: number;
  readonly maxUpload?: number;
  /** What all work directories together may take. */
  readonly diskBytes?: number;
  /** What sources kept on the disk may take; 0: none are. */
  readonly cacheBytes?: number;
  /** Added to the niceness of the agent and all that it starts: 0 to 19. */
  readonly nice?: number;
  /** Where traces go; absent: there are none. */
  readonly otlpEndpoint?: string;
  readonly version: string;
}

/** PEM texts. */
export interface AgentTls {
  /** Whose certificates are trusted; absent: the public ones. */
  readonly ca?: Buffer;
  /** For coordinators that ask agents for one. */
  readonly client?: { readonly cert: Buffer; readonly key: Buffer };
}
