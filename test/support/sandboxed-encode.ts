import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { setTimeout as pause } from 'node:timers/promises';
import type { RunnerContext } from '../../agent/runners/runner.ts';
import { runEncodeTask } from '../../agent/runners/encode-task.ts';
import { runIndexTask } from '../../agent/runners/index-task.ts';
import { defaultLimits, type SandboxLimits } from '../../agent/sandbox/limits.ts';
import { ownPlace } from '../../agent/sandbox/attempt-group.ts';
import { probeSandbox } from '../../agent/sandbox/probe.ts';
import { createCutPlanner } from '../../shared/clip-cut.ts';
import { systemClock } from '../../shared/clock.ts';
import { GridError } from '../../shared/errors.ts';
import type { SourceIndex } from '../../shared/source-index.ts';
import { plainFilm } from './films.ts';
import { localObject, runnerContext } from './runner-context.ts';

export const KEY = 'the key of the agent, which nobody may read';
const LIMIT_MS = 20_000;

/** An agent's folder with a key in it, its sandbox as it would find it, and two seconds of film. */
export interface SandboxedAgent {
  readonly dataDir: string;
  readonly keyPath: string;
  readonly strength: string;
  readonly lacks: readonly string[];
  /** Runs a clip's task in a fresh work directory. */
  encode(work: EncodeWork): Promise<EncodeOutcome>;
}

export interface EncodeWork {
  /** VapourSynth, after the imports and `clip`, and before the clip is given. */
  readonly script?: string;
  /** What stands in for x265: a shell script. */
  readonly encoder?: string;
  readonly frames?: readonly [number, number];
  /** Ends the attempt when a tool prints that. */
  readonly abortAt?: string;
}

export interface EncodeOutcome {
  readonly workDir: string;
  readonly frames: number | undefined;
  readonly error: GridError | undefined;
  /** What the tools printed. */
  readonly lines: readonly string[];
}

function scriptOf(body: string): string {
  const head = ['import os, sys, time, socket', 'import vapoursynth as vs', 'core = vs.core'];
  const say = ['def say(*words):', '    print(*words, file=sys.stderr, flush=True)'];
  const source = "clip = core.bs.VideoSource(source=os.environ['CLIPGRID_SOURCE'])";
  return [...head, ...say, source, body, 'clip.set_output()', ''].join('\n');
}

async function indexOf(film: string): Promise<SourceIndex> {
  const output = await runIndexTask({ source: localObject(film) }, runnerContext());
  const { path } = output.artifacts.find((artifact) => artifact.name === 'index')!;
  return JSON.parse(gunzipSync(readFileSync(path)).toString()) as SourceIndex;
}

/** Processes of this machine whose environment or command names `text`. */
export function processesNaming(text: string): number[] {
  const names = (pid: string): boolean => {
    try {
      const said = ['environ', 'cmdline'].map((file) => readFileSync(`/proc/${pid}/${file}`, 'utf8'));
      return said.some((one) => one.includes(text));
    } catch {
      return false;
    }
  };
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return pids.filter((pid) => names(pid)).map(Number);
}

/** Resolves when no process names `text` any more. */
export async function allGone(text: string): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  for (let left = processesNaming(text); left.length > 0; left = processesNaming(text)) {
    if (performance.now() > deadline) throw new Error(`still running: ${left.join(', ')}`);
    await pause(20);
  }
}

export async function sandboxedAgent(
  limits: Partial<SandboxLimits> = {},
  searchPath = process.env['PATH'] ?? '',
): Promise<SandboxedAgent> {
  const dataDir = mkdtempSync(join(tmpdir(), 'clipgrid-agent-'));
  const keyPath = join(dataDir, 'key');
  writeFileSync(keyPath, KEY, { mode: 0o600 });
  const workRoot = join(dataDir, 'work');
  mkdirSync(workRoot, { mode: 0o700 });
  const film = plainFilm(dataDir, 2);
  const { sandbox, lacks } = await probeSandbox({
    searchPath,
    workDir: workRoot,
    hidden: [dataDir],
    limits: { ...defaultLimits(), ...limits },
    clock: systemClock,
    groups: await ownPlace(),
  });
  const index = await indexOf(film);
  return {
    dataDir,
    keyPath,
    strength: sandbox.strength,
    lacks,
    async encode({ script = '', encoder, frames: [startFrame, endFrame] = [0, 25], abortAt }) {
      const workDir = mkdtempSync(join(workRoot, 'lease-'));
      const abort = new AbortController();
      const base = runnerContext(abort.signal);
      const programs = new Map(base.tools.programs);
      if (encoder !== undefined) {
        const path = join(mkdtempSync(join(tmpdir(), 'clipgrid-encoder-')), 'x265');
        writeFileSync(path, `#!/bin/sh\n${encoder}\n`, { mode: 0o755 });
        programs.set('x265', path);
      }
      const context: RunnerContext = {
        ...base,
        workDir,
        sandbox,
        tools: { ...base.tools, programs },
        toolOutput(line) {
          base.toolOutput(line);
          if (abortAt !== undefined && line.includes(abortAt))
            abort.abort(new GridError('cancelled', 'enough'));
        },
      };
      const ffmpeg = ['ffmpeg', '-v', 'error', '-i', '-', '-c:v', 'ffv1', 'OUT.mkv'];
      const spec = {
        source: localObject(film),
        range: { startFrame, endFrame },
        script: {
          text: scriptOf(script),
          sourceVariable: 'CLIPGRID_SOURCE',
          sourceName: 'CLIPGRID_SOURCE.mkv',
        },
        command: {
          programs: [{ argv: encoder === undefined ? ffmpeg : ['x265'] }],
          outputName: 'OUT.mkv',
        },
        cut: createCutPlanner(index).cut(startFrame, endFrame),
        bareCut: undefined,
        sourceFormat: index.format,
        timeoutSeconds: 0,
        resumeFrames: 0,
        keyFrames: [],
        filters: [],
      };
      const outcome = { workDir, lines: base.lines };
      return runEncodeTask(spec, context).then(
        ({ result }) => ({
          ...outcome,
          frames: result.kind?.$case === 'encode' ? result.kind.value.frameCount : undefined,
          error: undefined,
        }),
        (thrown: unknown) => {
          if (!(thrown instanceof GridError)) throw thrown;
          return { ...outcome, frames: undefined, error: thrown };
        },
      );
    },
  };
}
