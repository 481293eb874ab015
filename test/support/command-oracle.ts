import { execFileSync } from 'node:child_process';
import { posix } from 'node:path';
import { requireProgram } from './tools.ts';

const PROGRAMS = new Set(['ffmpeg', 'x264', 'x265', 'SvtAv1EncApp', 'aomenc']);
const WORK = '/work-directory';
/** What separates values inside of one word, in any of the programs. */
const SEPARATORS = /[=:,;'"[\]@+|\s]/;
/** ffmpeg parses a graph, then each filter's options, then some of the options' values: each takes one level of quoting off. */
const LEVELS = 4;

/** One level of ffmpeg's quoting taken off, after libavutil's av_get_token. */
function unquoted(text: string): string {
  let plain = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "'") quoted = !quoted;
    else if (text[i] === '\\' && !quoted) plain += text[++i] ?? '';
    else plain += text[i];
  }
  return plain;
}

/** The word as the programs may come to read it. */
function readingsOf(word: string): string[] {
  const all = [word];
  for (let i = 0; i < LEVELS; i++) all.push(unquoted(all.at(-1) ?? ''));
  return all;
}

/** Where a path may begin in a word: behind each separator, and behind each letter of `-abc` (getopt's short options). */
function pathsIn(reading: string): string[] {
  const letters = /^-([A-Za-z]+)/.exec(reading)?.[1] ?? '';
  const attached = Array.from(letters, (_, i) => reading.slice(i + 2).split(SEPARATORS, 1)[0] ?? '');
  return [...reading.split(SEPARATORS), ...attached];
}

function leaves(path: string): boolean {
  const at = posix.resolve(WORK, path);
  return at !== WORK && !at.startsWith(`${WORK}/`);
}

/** Every protocol that the ffmpeg of this machine has. */
function protocols(): Set<string> {
  const text = execFileSync(requireProgram('ffmpeg'), ['-hide_banner', '-protocols'], { encoding: 'utf8' });
  return new Set(text.split('\n').flatMap((line) => /^ +(\w+)$/.exec(line)?.[1] ?? []));
}

/** Filters of this ffmpeg that have an option which its own help calls a file, a path or an address. */
export function filesFilters(): string[] {
  const help = execFileSync(requireProgram('ffmpeg'), ['-hide_banner', '-h', 'full'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const found = new Set<string>();
  for (const section of help.split(/\n(?=\S[^\n]* AVOptions:)/)) {
    const name = /^\(?(\w+)\)?(\w*) AVOptions:/.exec(section);
    // An option of a filter has an F among its flags.
    const opens = /<string> +\.\.F\S+ [^\n]*\b(?:file|filename|path|library|plugin|bind address)\b/i;
    if (name && opens.test(section)) found.add(name[2] === '' ? name[1]! : name[2]!);
  }
  return [...found];
}

/**
 * Judges argument vectors by what the programs make of them, from their documentation and the programs themselves: no line of
 * the policy takes part. Returns what gets out of the work directory, in words.
 */
export function createOracle(): (programs: readonly (readonly string[])[]) => string[] {
  const known = protocols();
  const outside = (word: string): string | undefined => {
    for (const reading of readingsOf(word)) {
      if (/\w:\/\//.test(reading)) return `${word} is a URL`;
      const path = pathsIn(reading).find(leaves);
      if (path !== undefined) return `${word} leads to ${path}`;
      const protocol = /^(\w+)[:,+]/.exec(reading)?.[1]?.toLowerCase() ?? '';
      const isPipe = /^pipe:[01]?$/.test(reading);
      if (known.has(protocol) && !isPipe) return `${word} is the protocol ${protocol}`;
    }
    return undefined;
  };
  return (programs) =>
    programs.flatMap(([name = '', ...rest]) => [
      ...(PROGRAMS.has(name) ? [] : [`the program ${JSON.stringify(name)}`]),
      ...rest.flatMap((word) => outside(word) ?? []),
    ]);
}
