import { describe, expect, test } from 'vitest';
import { checkPassage } from './check-passage.ts';
import { RECIPES } from './recipes.ts';

describe.each(RECIPES)('$name', (recipe) => {
  test('every frame in is a frame out, at its time, with all that is around it', { timeout: 120_000 }, () =>
    checkPassage(recipe),
  );
});

test('there are at least 24 torture sources, no two alike', () => {
  expect(new Set(RECIPES.map((recipe) => recipe.name)).size).toBeGreaterThanOrEqual(24);
});
