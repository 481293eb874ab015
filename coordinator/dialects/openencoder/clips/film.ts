import type { FilmSpec, SourceRef } from '../../../domain/job.ts';
import type { PresetCommand } from '../presets/preset-data.ts';
import { pictureCommand, soundCommand, splitCommand } from './split-command.ts';
import { splitSource } from './split-source.ts';

/** Longer ones cost little at their joints; a rate control needs some seconds to find its level. */
const CLIP_S = { least: 8, most: 60 } as const;
/** Clips a slot: the last one to finish keeps nobody waiting for long. */
const CLIPS_PER_SLOT = 3;

/** A preset's command on one source. */
export interface Whole {
  readonly command: PresetCommand;
  readonly output: string;
  /** What ffprobe prints of streams and format. */
  readonly probeJson: string;
}

/** What must be known to make clips of a job, or undefined: it must stay whole (contract 3.1). */
export function mayBeSplit({ command, output, probeJson }: Whole) {
  const split = splitCommand(command, output);
  const source = split && splitSource(probeJson, split);
  return split && source ? { split, source } : undefined;
}

/** The job as a film of clips; undefined: it must stay whole. `slots`: of all agents, more of them make shorter clips. */
export function filmOf(
  whole: Whole,
  { source, indexOf, slots }: { source: SourceRef; indexOf: string; slots: number },
): FilmSpec | undefined {
  const parts = mayBeSplit(whole);
  if (parts === undefined) return undefined;
  const { split } = parts;
  const { durationS, colours } = parts.source;
  const audio = soundCommand(split);
  const wantedS = durationS / (CLIPS_PER_SLOT * Math.max(1, slots));
  return {
    source,
    indexOf,
    script: { text: '', sourceVariable: '', sourceName: '' },
    command: pictureCommand(split, colours),
    container: split.container,
    ...(audio ? { audio } : {}),
    clips: { mode: 'auto', targetS: Math.min(CLIP_S.most, Math.max(CLIP_S.least, wantedS)) },
    constantRate: true,
  };
}
