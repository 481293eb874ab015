import type { Clock } from '../shared/clock.ts';
import { OPTIONAL_FILTERS } from '../shared/optional-filters.ts';
import { TOOL_ENVIRONMENT } from './media/probe.ts';
import { runTool } from './subprocess.ts';

const PROOF_LIMIT_MS = 20_000;

/** Which of the filters that only some builds of ffmpeg have this one has. Its exit status is 0 for unknown ones, too. */
export async function proveFilters(input: {
  readonly ffmpeg: string;
  readonly workDir: string;
  readonly clock: Clock;
}): Promise<readonly string[]> {
  const { ffmpeg, workDir, clock } = input;
  const help = async (name: string): Promise<string> => {
    const argv = [ffmpeg, '-nostdin', '-hide_banner', '-h', `filter=${name}`];
    const signal = AbortSignal.timeout(PROOF_LIMIT_MS);
    const command = { argv, cwd: workDir, environment: TOOL_ENVIRONMENT };
    return (await runTool(command, { signal, clock, stdout: 'collect' })).stdout;
  };
  const has = await Promise.all(
    OPTIONAL_FILTERS.map((name) =>
      help(name).then(
        (text) => text.split('\n').includes(`Filter ${name}`),
        () => false,
      ),
    ),
  );
  return OPTIONAL_FILTERS.filter((_, i) => has[i]);
}
