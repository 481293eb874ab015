import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { useApp } from '../../app/context.ts';
import { paths } from '../../app/router.ts';
import { PageHead } from '../../ui/page-head.tsx';
import { PreviewPanel } from './preview-panel.tsx';
import { EncodePanel, ScriptPanel } from './settings-panel.tsx';
import { SubmitModel } from './submit-model.ts';
import { UploadPanel } from './upload-panel.tsx';
import './submit.css';

/** A new job: film, script, command; with a look at one frame before it is sent off. */
export function SubmitPage(): JSX.Element {
  const { api, router } = useApp();
  const model = useMemo(() => new SubmitModel(api, window.localStorage), []);
  const busy = useSignal(false);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    busy.value = true;
    const jobId = await model.submit();
    busy.value = false;
    if (jobId !== undefined) router.go(paths.job(jobId));
  };
  const ready = model.uploadId.value !== undefined;
  return (
    <form class="submit-page" onSubmit={(event) => void submit(event)}>
      <PageHead title="Submit" />
      <UploadPanel model={model} />
      <ScriptPanel model={model} />
      <PreviewPanel model={model} />
      <EncodePanel model={model} />
      <div class="submit-foot">
        <p class="problem" role="alert">
          {model.problems.value['']}
        </p>
        <span class="quiet">{ready ? '' : 'The film must be there first.'}</span>
        <button type="submit" class="button primary" disabled={!ready || busy.value}>
          {busy.value ? 'Submitting …' : 'Submit the job'}
        </button>
      </div>
    </form>
  );
}
