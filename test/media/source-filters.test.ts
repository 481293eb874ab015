import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Companions } from '../../agent/companions.ts';
import { frameMd5s } from '../support/probe.ts';
import { runnerContext } from '../support/runner-context.ts';
import { encodedClip, indexed } from '../support/through-the-grid.ts';
import { shortFilm } from './short-film.ts';

const CHAINS = [
  ['gradfun', 'scale=96:54:flags=lanczos', 'setsar=1'],
  ['gradfun', 'scale=64:36:flags=lanczos', 'setsar=1'],
  ['hflip'],
  // The same as the first: both encoders read one output.
  ['gradfun', 'scale=96:54:flags=lanczos', 'setsar=1'],
];
const SPAN = [13, 37] as const;

test('clips with filters have the frames that ffmpeg makes by the same filters: alone, and when they share their work', async () => {
  const path = shortFilm();
  const { index } = await indexed(path);
  const contexts: ReturnType<typeof runnerContext>[] = [];
  const companions = new Companions(CHAINS.length, () => {
    contexts.push(runnerContext());
    return Promise.resolve(contexts[0]!);
  });
  const together = CHAINS.map(async (filters) => {
    const shared = companions.member();
    return encodedClip(path, index, { span: SPAN, filters, shared }).finally(() => shared.leave());
  });
  const clips = [
    ...(await Promise.all(together)),
    await encodedClip(path, index, { span: SPAN, filters: CHAINS[0]! }),
  ];
  await companions.ended();
  for (const [i, clip] of clips.entries()) {
    const chain = CHAINS[i] ?? CHAINS[0]!;
    const wanted = frameMd5s(path, '0:v:0', chain.join(',')).slice(...SPAN);
    expect(frameMd5s(clip.path)).toEqual(wanted);
    expect(clip.value.frameCount).toBe(SPAN[1] - SPAN[0]);
    rmSync(clip.workDir, { recursive: true });
  }
  expect(new Set(contexts.map(({ workDir }) => workDir)).size).toBe(1);
  for (const { workDir } of contexts) rmSync(workDir, { recursive: true });
});

test('a filter that is not among the known ones is refused before anything runs', async () => {
  const path = shortFilm();
  const { index } = await indexed(path);
  const clip = encodedClip(path, index, { span: SPAN, filters: ['movie=/etc/passwd'] });
  await expect(clip).rejects.toMatchObject({
    code: 'invalid_argument',
    message: expect.stringContaining('"movie=/etc/passwd"') as string,
  });
});
