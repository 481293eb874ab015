/** Whether what an encoder writes can be taken in parts while it goes on, so that an agent that dies costs less. */
export type Salvage = { readonly possible: true } | { readonly possible: false; readonly because: string };

/** They write Matroska as they go: whole clusters, one after the other. */
const FOLLOWED = new Set(['ffmpeg', 'x264']);
const TWO_PASS = /^--?pass(?::.*)?$/;
const OPEN_GOP = /(?<!no-)\bopen-gop(?!\s*=?\s*0)/;
const INTRA_REFRESH = /intra-refresh(?!\s*=?\s*0)/;
const CLOSED_GOP = /(?:^|[:\s])(?:open-gop=0|no-open-gop)/;

function no(because: string): Salvage {
  return { possible: false, because };
}

/**
 * By the command alone; an agent then goes by what it sees in the file. `programs` are argument vectors, `outputName` is
 * the file that the last one writes.
 */
export function salvageOf(programs: readonly (readonly string[])[], outputName: string): Salvage {
  const [argv, another] = programs;
  if (argv === undefined || another !== undefined)
    return no(
      'several programs hand the film on: what the first has finished is not what the last one writes',
    );
  const name = (argv[0] ?? '').replace(/^.*\//, '');
  if (!FOLLOWED.has(name)) return no(`${name} writes no Matroska that can be read while it grows`);
  if (!/\.mkv$/i.test(outputName))
    return no(`${outputName} cannot be read while it is being written; a .mkv file can`);
  const text = argv.join(' ');
  if (argv.some((word) => TWO_PASS.test(word))) return no('an encode in two passes is one piece');
  if (OPEN_GOP.test(text)) return no('its GOPs are open: no part decodes without the one before it');
  if (INTRA_REFRESH.test(text)) return no('with intra refresh there is no frame at which a part could begin');
  if (argv.includes('libx265') && !CLOSED_GOP.test(text))
    return no('libx265 makes open GOPs unless it is told open-gop=0');
  return { possible: true };
}

/** The same for people. */
export function describeSalvage(salvage: Salvage): string {
  return salvage.possible ? 'yes' : `no, because ${salvage.because}`;
}
