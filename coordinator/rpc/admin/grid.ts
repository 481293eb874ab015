import type { AdminServiceServer, GetGridHistoryRequest } from '../../../shared/gen/clipgrid/v1/admin.ts';
import { SAMPLES_KEPT_MINUTES } from '../../domain/grid-totals.ts';
import { unary } from '../unary.ts';
import { invalidField, type AdminDeps } from './deps.ts';
import { figuresMessage } from './messages.ts';

const DEFAULT_MINUTES = 60;

/** The grid as a whole: its figures are everybody's. */
export function gridCalls(deps: AdminDeps): Pick<AdminServiceServer, 'getGrid' | 'getGridHistory'> {
  const { stats } = deps.grid;
  return {
    getGrid: unary(deps, 'read', async () => {
      const totals = await stats.totals();
      return {
        figures: figuresMessage(totals),
        agentsDraining: totals.agentsDraining,
        jobs: { ...totals.jobs },
      };
    }),

    getGridHistory: unary(deps, 'read', async ({ minutes }: GetGridHistoryRequest) => {
      if (minutes > SAMPLES_KEPT_MINUTES)
        throw invalidField('minutes', minutes, `1 to ${SAMPLES_KEPT_MINUTES}, or 0 for ${DEFAULT_MINUTES}`);
      const { intervalS, samples } = await stats.history(minutes === 0 ? DEFAULT_MINUTES : minutes);
      return { intervalSeconds: intervalS, samples: samples.map(figuresMessage) };
    }),
  };
}
