import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { PreviewResponse } from '../../../../http/responses.ts';
import { ApiError, messageOf } from '../../api/client.ts';
import { useApp } from '../../app/context.ts';
import { timers } from '../../app/timers.ts';
import { BeforeAfter } from './before-after.tsx';
import type { SubmitModel } from './submit-model.ts';

const POLL_MS = 500;

/** One frame of the film before and after the script, made by an agent. */
export function PreviewPanel({ model }: { model: SubmitModel }): JSX.Element {
  const { api } = useApp();
  const at = useSignal('0');
  const busy = useSignal(false);
  const problem = useSignal('');
  const preview = useSignal<PreviewResponse | undefined>(undefined);
  const here = useRef(true);
  useEffect(() => () => void (here.current = false), []);

  const ask = async (): Promise<void> => {
    busy.value = true;
    problem.value = '';
    try {
      const body = {
        upload_id: model.uploadId.value,
        script: model.script.value,
        at_seconds: Number(at.value),
      };
      let now = await api.postJson<PreviewResponse>('/previews', body);
      preview.value = now;
      while (here.current && (now.state === 'queued' || now.state === 'running')) {
        await new Promise<void>((resolve) => timers.after(POLL_MS, resolve));
        now = await api.getJson<PreviewResponse>(`/previews/${now.preview_id}`);
        preview.value = now;
      }
    } catch (thrown) {
      const field = thrown instanceof ApiError ? thrown.fields[0] : undefined;
      problem.value = field ? `${field.field}: ${field.message}` : messageOf(thrown);
    }
    busy.value = false;
  };

  return (
    <section class="card panel" aria-labelledby="preview-title">
      <h2 id="preview-title">Preview of one frame</h2>
      <div class="preview-head">
        <label class="field">
          At second
          <input
            type="number"
            min="0"
            step="any"
            value={at.value}
            onInput={(event) => (at.value = event.currentTarget.value)}
          />
        </label>
        <button
          type="button"
          class="button"
          disabled={busy.value || model.uploadId.value === undefined}
          onClick={() => void ask()}
        >
          {busy.value ? 'Making it …' : 'Show a preview'}
        </button>
      </div>
      <Outcome preview={preview.value} />
      <p class="problem" role="alert">
        {problem}
      </p>
    </section>
  );
}

function Outcome({ preview }: { preview: PreviewResponse | undefined }): JSX.Element | null {
  if (preview === undefined) return <p class="quiet">The film must be there first.</p>;
  const { state, failure, waiting, before_url: before, after_url: after } = preview;
  if (state === 'failed') {
    return (
      <div role="alert" class="preview-failure">
        <p class="problem">{failure?.message ?? 'It failed.'}</p>
        {failure?.log && <pre tabIndex={0}>{failure.log}</pre>}
      </div>
    );
  }
  if (before === null || after === null)
    return <p role="status">{waiting === '' ? 'An agent works on it …' : waiting}</p>;
  return <BeforeAfter before={before} after={after} width={preview.width} height={preview.height} />;
}
