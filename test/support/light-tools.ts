import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { isHardwareEncoder } from '../../shared/hardware-encoder.ts';
import { requireProgram } from './tools.ts';

/**
 * A search path on which ffmpeg lists no encoder of special hardware: to try each of some twenty takes an agent longer than
 * the small films of tests. Everything else is done by the machine's own programs. `folder` is the test's, and there already.
 */
export function lightTools(folder: string): string {
  const ffmpeg = requireProgram('ffmpeg');
  const tools = dirname(lightFfmpeg(folder));
  const listing = execFileSync(ffmpeg, ['-hide_banner', '-v', 'error', '-encoders']).toString();
  const listed = listing.split('\n').filter((line) => !isHardwareEncoder(line.split(/\s+/)[2] ?? ''));
  const lines = ['#!/bin/sh', `case "$*" in *" -encoders") exec cat '${tools}/encoders';; esac`];
  mkdirSync(tools, { recursive: true });
  writeFileSync(join(tools, 'encoders'), listed.join('\n'));
  writeFileSync(lightFfmpeg(folder), [...lines, `exec '${ffmpeg}' "$@"`, ''].join('\n'), { mode: 0o755 });
  return `${tools}${delimiter}${process.env['PATH'] ?? ''}`;
}

/** The ffmpeg of a folder that `lightTools` was given. */
export const lightFfmpeg = (folder: string): string => join(folder, 'light-tools/ffmpeg');

/** For `vapourSynthFile` of agents whose jobs have no scripts: to start it takes as long as to encode a small film. */
export const NO_VAPOURSYNTH = '/there/is/no/clipgrid.json';
