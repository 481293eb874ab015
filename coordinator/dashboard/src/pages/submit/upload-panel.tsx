import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { UploadResponse } from '../../../../http/responses.ts';
import { useApp } from '../../app/context.ts';
import { ActionButton } from '../../ui/button.tsx';
import { bytes, dateTime, duration } from '../../ui/format.ts';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import { DropZone } from './drop-zone.tsx';
import type { FilmUpload, UploadProgress } from './film-upload.ts';
import type { SubmitModel } from './submit-model.ts';

/** Which film: a file that is sent now, or one that was sent before. */
export function UploadPanel({ model }: { model: SubmitModel }): JSX.Element {
  const upload = model.upload.value;
  return (
    <section class="card panel" aria-labelledby="film-title">
      <h2 id="film-title">Film</h2>
      {upload ? (
        <Sending upload={upload} model={model} />
      ) : (
        <>
          <DropZone picked={(file) => model.send(file)} />
          <Earlier model={model} />
        </>
      )}
      <p class="problem" role="alert">
        {model.problems.value['upload_id']}
      </p>
    </section>
  );
}

function statusOf({ phase, bytesPerSecond, sentBytes, totalBytes, problem }: UploadProgress): string {
  if (phase === 'done') return 'All of it has arrived.';
  if (phase === 'checking') return 'Checking that all of it has arrived …';
  if (phase === 'stopped') return problem;
  if (bytesPerSecond === undefined || bytesPerSecond === 0) return 'Sending …';
  const left = duration((totalBytes - sentBytes) / bytesPerSecond);
  return `${bytes(bytesPerSecond)}/s, ${left} left`;
}

function Sending({ upload, model }: { upload: FilmUpload; model: SubmitModel }): JSX.Element {
  const now = upload.progress.value;
  const percent = now.totalBytes === 0 ? 0 : (100 * now.sentBytes) / now.totalBytes;
  return (
    <div class="sending">
      <div class="sending-head">
        <strong>{upload.file.name}</strong>
        <span class="quiet">
          {bytes(now.sentBytes)} of {bytes(now.totalBytes)}
          {now.resumedBytes > 0 && `, ${bytes(now.resumedBytes)} were there already`}
        </span>
      </div>
      <ProgressBar
        percent={percent}
        label={`Upload of ${upload.file.name}`}
        state={now.phase === 'done' ? 'succeeded' : now.phase === 'stopped' ? 'failed' : 'sending'}
      />
      <div class="sending-foot">
        <span role="status">{statusOf(now)}</span>
        <div class="actions">
          {now.phase === 'stopped' && <ActionButton run={() => void upload.run()}>Go on</ActionButton>}
          {now.phase === 'sending' && <ActionButton run={() => upload.pause()}>Stop</ActionButton>}
          <ActionButton run={() => model.dropUpload()}>Another film</ActionButton>
        </div>
      </div>
    </div>
  );
}

/** Films that were sent before and are all there. */
function Earlier({ model }: { model: SubmitModel }): JSX.Element {
  const { api, toasts } = useApp();
  const uploads = useSignal<readonly UploadResponse[]>([]);
  useEffect(() => {
    api
      .getJson<{ uploads: UploadResponse[] }>('/uploads')
      .then((list) => (uploads.value = list.uploads.filter(({ state }) => state === 'complete')))
      .catch((thrown: unknown) => toasts.fail(thrown));
  }, []);
  return (
    <label class="field">
      Or one that you sent before
      <select
        value={model.earlierId.value}
        onChange={(event) => (model.earlierId.value = event.currentTarget.value)}
        disabled={uploads.value.length === 0}
      >
        <option value="">{uploads.value.length === 0 ? 'There is none' : 'Choose …'}</option>
        {uploads.value.map((one) => (
          <option key={one.upload_id} value={one.upload_id}>
            {one.name} ({bytes(one.size_bytes ?? 0)}, {dateTime(one.created_at)})
          </option>
        ))}
      </select>
    </label>
  );
}
