import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { JobResponse } from '../../../../http/responses.ts';
import { useApp } from '../../app/context.ts';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { JOB_ACTIONS, jobsInWords, runOnAll, type JobAction } from './job-actions.ts';

interface JobToolbarProps {
  readonly chosen: readonly JobResponse[];
  readonly clear: () => void;
}

/** What can be done to the jobs that are selected. */
export function JobToolbar({ chosen, clear }: JobToolbarProps): JSX.Element | null {
  const { api, toasts } = useApp();
  const asking = useSignal<JobAction | undefined>(undefined);
  if (chosen.length === 0) return null;
  const action = asking.value;
  const jobs = action ? chosen.filter(action.fits) : [];
  const confirm = async (): Promise<void> => {
    if (!action) return;
    await runOnAll(action, { api, jobs });
    toasts.say(`${jobsInWords(jobs)}: ${action.done}`);
    clear();
  };
  return (
    <div class="card toolbar" role="toolbar" aria-label="Selected jobs">
      <span>{chosen.length} selected</span>
      {JOB_ACTIONS.map((one) => (
        <button
          key={one.verb}
          type="button"
          class={`button ${one.danger ? 'danger' : 'plain'}`}
          disabled={!chosen.some(one.fits)}
          onClick={() => (asking.value = one)}
        >
          {one.verb}
        </button>
      ))}
      <button type="button" class="button plain" onClick={clear}>
        Clear the selection
      </button>
      {action && (
        <ConfirmDialog
          title={`${action.verb} ${jobsInWords(jobs)}?`}
          verb={action.verb}
          danger={action.danger}
          confirm={confirm}
          close={() => (asking.value = undefined)}
        >
          {action.explain}
        </ConfirmDialog>
      )}
    </div>
  );
}
