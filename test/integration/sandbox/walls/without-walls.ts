import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { removeTree } from '../../../../agent/remove-tree.ts';
import { checkSandbox } from '../../../../coordinator/grid/check-hello.ts';
import { systemClock } from '../../../../shared/clock.ts';
import { Hello } from '../../../../shared/gen/clipgrid/v1/session.ts';
import { isSandboxStrength, strengthCapability } from '../../../../shared/sandbox-strength.ts';
import { sandboxedAgent, type SandboxedAgent } from '../../../support/sandboxed-encode.ts';

const MEMORY_BYTES = 2 * 1024 ** 3;

/** What an agent says and does where bubblewrap builds no walls and gives `refusal` as the reason. */
export function withoutWalls(title: string, searchPath: string, refusal: string): void {
  describe(title, { timeout: 60_000 }, () => {
    let agent: SandboxedAgent;
    beforeAll(async () => {
      agent = await sandboxedAgent({ memoryBytes: MEMORY_BYTES }, searchPath);
    });
    afterAll(() => removeTree(agent.dataDir, systemClock));

    /** As the agent says it in its Hello. */
    function said(): Hello {
      const { strength } = agent;
      if (!isSandboxStrength(strength)) throw new Error(`${strength} is no strength`);
      return Hello.create({ capabilities: [strengthCapability(strength)] });
    }

    test('an agent says that scripts can read and call what it can, why, and what to do', () => {
      expect(['none', 'limits']).toContain(agent.strength);
      expect(agent.lacks[0]).toContain(refusal);
      expect(agent.lacks[0]).toContain('can read what the agent can read, and use the network');
      expect(agent.lacks[0]).toContain('Allow user namespaces');
    });

    test('a grid whose CLIPGRID_MIN_SANDBOX asks for walls refuses it, another one takes it', () => {
      expect(() => checkSandbox(said(), 'namespaces')).toThrow(
        `of the strength ${agent.strength}, and this grid accepts none below namespaces (CLIPGRID_MIN_SANDBOX)`,
      );
      checkSandbox(said(), 'none');
    });

    test('an honest script encodes every frame', async () => {
      expect(await agent.encode({})).toMatchObject({ frames: 25, error: undefined });
    });

    test('a script gets no more memory than its limit, where the agent says that limits hold', async () => {
      const { frames, error } = await agent.encode({ script: `bytearray(${MEMORY_BYTES})` });
      if (agent.strength === 'limits') expect(error?.message).toContain('MemoryError');
      else expect(frames).toBe(25);
    });
  });
}
