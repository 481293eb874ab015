import { describe, test } from 'vitest';
import { checkPassage } from './check-passage.ts';
import { ODD_RECIPES } from './odd-recipes.ts';

describe.each(ODD_RECIPES)('$name', (recipe) => {
  test('comes through with every frame, at its time, and all that is around it', { timeout: 120_000 }, () =>
    checkPassage(recipe),
  );
});
