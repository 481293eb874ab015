import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useApp } from '../../app/context.ts';
import { ActionButton } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { isEnded, type Job } from './job-picture.ts';
import type { LiveJob } from './live-job.ts';

interface JobActionsProps {
  readonly job: Job;
  readonly live: LiveJob;
}

/** What may be done to the job by who looks at it. */
export function JobActions({ job, live }: JobActionsProps): JSX.Element | null {
  const { api, session, toasts, router } = useApp();
  const asking = useSignal<'cancel' | 'delete' | undefined>(undefined);
  const path = `/jobs/${encodeURIComponent(job.job_id)}`;
  const close = (): void => {
    asking.value = undefined;
  };
  const cancel = async (): Promise<void> => {
    await api.postJson(`${path}/cancel`);
    toasts.say(`${job.name} was cancelled`);
  };
  const retry = async (): Promise<void> => {
    await api.postJson(`${path}/retry`);
    live.reopen();
    toasts.say(`${job.name} goes on`);
  };
  const remove = async (): Promise<void> => {
    await api.delete(path);
    toasts.say(`${job.name} was deleted`);
    router.go('/');
  };
  if (!session.may('submit')) return null;
  const isRetryable = job.state === 'failed' || job.state === 'cancelled';
  return (
    <>
      {isRetryable && (
        <ActionButton kind="primary" run={retry}>
          Retry
        </ActionButton>
      )}
      {!isEnded(job) && <ActionButton run={() => void (asking.value = 'cancel')}>Cancel</ActionButton>}
      <ActionButton kind="danger" run={() => void (asking.value = 'delete')}>
        Delete
      </ActionButton>
      {asking.value === 'cancel' && (
        <ConfirmDialog title={`Cancel ${job.name}?`} verb="Cancel the job" confirm={cancel} close={close}>
          Its agents stop at once. What is encoded is kept for a retry.
        </ConfirmDialog>
      )}
      {asking.value === 'delete' && (
        <ConfirmDialog title={`Delete ${job.name}?`} verb="Delete" danger confirm={remove} close={close}>
          The job, its log and {job.result ? 'its result' : 'all that it made'} go for good. The uploaded
          source stays.
        </ConfirmDialog>
      )}
    </>
  );
}
