import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkPrograms } from '../../../shared/command-policy.ts';
import { splitCommand } from '../../../shared/command-words.ts';
import { GridError } from '../../../shared/errors.ts';
import { SENTENCES, SOUP } from '../../support/command-grammar.ts';
import { createOracle, filesFilters } from '../../support/command-oracle.ts';

const SEED = 20_261_125;

/** What would run; undefined when the command is refused, which only happens in words that people can read. */
function accepted(text: string): ReturnType<typeof checkPrograms> | undefined {
  try {
    return checkPrograms(splitCommand(text));
  } catch (error) {
    if (!(error instanceof GridError) || error.code !== 'invalid_argument') throw error;
    return undefined;
  }
}

describe('M7 no command gets out of its work directory', () => {
  const escapesOf = createOracle();

  test('0 escapes in 50,000 sentences of a grammar of commands and ways out; harmless ones are taken as they are', () => {
    let [taken, refused] = [0, 0];
    fc.assert(
      fc.property(SENTENCES, ({ text, argv, built }) => {
        const programs = accepted(text);
        if (programs === undefined) {
          if (built === 'harmless') throw new Error(`refused for nothing: ${text}`);
          refused++;
          return;
        }
        taken++;
        if (built === 'to get out') throw new Error(`an escape: ${text} became ${JSON.stringify(programs)}`);
        if (JSON.stringify(programs) !== JSON.stringify(argv)) throw new Error(`misread: ${text}`);
        const escapes = escapesOf(programs);
        if (escapes.length > 0) throw new Error(`${escapes.join('; ')}: ${text}`);
      }),
      { seed: SEED, numRuns: 50_000 },
    );
    expect(taken).toBeGreaterThan(10_000);
    expect(refused).toBeGreaterThan(20_000);
  });

  test('0 escapes in 60,000 strings of the characters that matter', () => {
    let taken = 0;
    fc.assert(
      fc.property(SOUP, (text) => {
        const programs = accepted(text);
        if (programs === undefined) return;
        taken++;
        const escapes = escapesOf(programs);
        if (escapes.length > 0) throw new Error(`${escapes.join('; ')}: ${text}`);
      }),
      { seed: SEED, numRuns: 60_000 },
    );
    expect(taken).toBeGreaterThan(1_000);
  });

  test.each([
    [['sh', '-c', 'id'], 'the program "sh"'],
    [['x264', '-o/tmp/x'], 'leads to /tmp/x'],
    [['x264', '-vo../x'], 'leads to ../x'],
    [['ffmpeg', '-x265-params', 'csv=\\/tmp/x'], 'leads to /tmp/x'],
    [['ffmpeg', '-x265-params', "csv=.''./x"], 'leads to ../x'],
    [['ffmpeg', 'tcp:1.2.3.4:5'], 'is the protocol tcp'],
    [['ffmpeg', 'http://y'], 'is a URL'],
  ])('the oracle itself sees %j', (argv, what) => {
    expect(escapesOf([argv]).join()).toContain(what);
  });

  test('every filter that this machine’s ffmpeg says opens a file is refused', () => {
    const filters = filesFilters();
    expect(filters).toEqual(expect.arrayContaining(['drawtext', 'lut3d', 'ametadata', 'sendcmd']));
    for (const name of filters) expect(accepted(`ffmpeg -i - -vf ${name}=x OUT.mkv`), name).toBeUndefined();
  });
});
