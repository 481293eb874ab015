import { describe, expect, test } from 'vitest';
import { checkSandbox } from '../../../../coordinator/grid/check-hello.ts';
import { readSettings } from '../../../../coordinator/settings.ts';
import { Hello } from '../../../../shared/gen/clipgrid/v1/session.ts';
import { SANDBOX_STRENGTHS, type SandboxStrength } from '../../../../shared/sandbox-strength.ts';

const DATABASE = { DATABASE_URL: 'postgres://grid@localhost/grid' };

function accepts(capabilities: readonly string[], least: SandboxStrength): boolean {
  try {
    checkSandbox(Hello.fromPartial({ capabilities: [...capabilities] }), least);
    return true;
  } catch {
    return false;
  }
}

describe('the least sandbox of a grid', () => {
  test.each(SANDBOX_STRENGTHS.map((least, rank) => [least, rank] as const))(
    '%s lets in what is as strong or stronger',
    (least, rank) => {
      const letIn = SANDBOX_STRENGTHS.filter((strength) => accepts([`sandbox:${strength}`], least));
      expect(letIn).toEqual(SANDBOX_STRENGTHS.slice(rank));
    },
  );

  test('an agent that says nothing, or nothing known, has none', () => {
    expect(accepts([], 'none')).toBe(true);
    expect(accepts(['program:x265'], 'limits')).toBe(false);
    expect(accepts(['sandbox:unbreakable'], 'limits')).toBe(false);
  });
});

describe('CLIPGRID_MIN_SANDBOX', () => {
  test('is none unless set', () => {
    expect(readSettings(DATABASE).minSandbox).toBe('none');
    expect(readSettings({ ...DATABASE, CLIPGRID_MIN_SANDBOX: 'limits' }).minSandbox).toBe('limits');
  });

  test('refuses what is no strength, by its name and value', () => {
    expect(() => readSettings({ ...DATABASE, CLIPGRID_MIN_SANDBOX: 'walls' })).toThrow(
      'CLIPGRID_MIN_SANDBOX is "walls": give one of none, limits, namespaces',
    );
  });
});
