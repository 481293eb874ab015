import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { useApp } from '../../app/context.ts';
import { bytes } from '../../ui/format.ts';
import { Icon } from '../../ui/icon.tsx';
import type { Job } from './job-picture.ts';

interface ResultFile {
  readonly name: string;
  readonly size_bytes: number;
  readonly sha256: string;
  readonly url: string;
}

/** What the job made: a film to look at and to download, or files. */
export function ResultPanel({ job }: { job: Job }): JSX.Element | null {
  if (job.state !== 'succeeded') return null;
  return (
    <section class="card result" aria-labelledby="result-title">
      <div class="section-head">
        <h2 id="result-title">Result</h2>
        {job.result && (
          <a class="button primary" href={resultPath(job)} download>
            <Icon name="download" /> Download {bytes(job.result.size_bytes)}
          </a>
        )}
      </div>
      {job.result && <Player key={job.result.sha256} job={job} />}
      {job.result && (
        <p class="quiet sha">
          SHA-256 <code>{job.result.sha256}</code>
        </p>
      )}
      {(job.shape === 'media' || !job.result) && <Files jobId={job.job_id} />}
    </section>
  );
}

function resultPath(job: Job): string {
  return `/api/v1/jobs/${encodeURIComponent(job.job_id)}/result`;
}

const WORDS = {
  none: '',
  film: 'This browser does not play this kind of file. Download it: players such as mpv and VLC do.',
  picture: 'This browser plays the sound only: it has no decoder for this picture. Download the file.',
} as const;

/** Plays what the browser can; says plainly what it cannot. */
function Player({ job }: { job: Job }): JSX.Element {
  const problem = useSignal<keyof typeof WORDS>('none');
  const wanted = useSignal(false);
  const check = (event: Event): void => {
    const video = event.currentTarget;
    if (video instanceof HTMLVideoElement && video.videoWidth === 0) problem.value = 'picture';
  };
  if (!wanted.value) {
    return (
      <button type="button" class="button play" onClick={() => (wanted.value = true)}>
        <Icon name="play" /> Play here
      </button>
    );
  }
  return (
    <>
      {problem.value !== 'film' && (
        // oxlint-disable-next-line jsx-a11y/media-has-caption -- whatever subtitles there are are in the file
        <video
          controls
          autoplay
          playsInline
          preload="metadata"
          aria-label={`Result of ${job.name}`}
          src={`${resultPath(job)}?disposition=inline`}
          onLoadedMetadata={check}
          onError={() => (problem.value = 'film')}
        />
      )}
      <p class="problem" role="status">
        {WORDS[problem.value]}
      </p>
    </>
  );
}

const MOST_FILES = 200;

function Files({ jobId }: { jobId: string }): JSX.Element | null {
  const { api, toasts } = useApp();
  const files = useSignal<readonly ResultFile[]>([]);
  useEffect(() => {
    const left = new AbortController();
    api
      .getJson<{ files: ResultFile[] }>(`/jobs/${encodeURIComponent(jobId)}/files`, { signal: left.signal })
      .then((answer) => {
        files.value = answer.files;
      })
      .catch((thrown: unknown) => {
        if (!left.signal.aborted) toasts.fail(thrown);
      });
    return () => left.abort();
  }, [jobId]);
  if (files.value.length === 0) return null;
  const more = files.value.length - MOST_FILES;
  return (
    <div class="files">
      <h3>Files</h3>
      <ul>
        {files.value.slice(0, MOST_FILES).map(({ name, size_bytes: size, url }) => (
          <li key={name}>
            <a href={url} download={name} target="_blank" rel="noreferrer">
              {name}
            </a>
            <span class="quiet">{bytes(size)}</span>
          </li>
        ))}
      </ul>
      {more > 0 && <p class="quiet">and {more} more: clipgrid download gets them all</p>}
    </div>
  );
}
