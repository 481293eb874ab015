import { computed, signal } from '@preact/signals';
import { ApiError, messageOf, type Api } from '../../api/client.ts';
import { FilmUpload } from './film-upload.ts';
import { AUDIOS, ENCODERS, SCRIPTS } from './presets.ts';
import { UploadMemory } from './upload-memory.ts';

/** What was filled in, and what is wrong with it. It lives as long as the page is shown. */
export class SubmitModel {
  readonly upload = signal<FilmUpload | undefined>(undefined);
  readonly earlierId = signal('');
  readonly name = signal('');
  readonly scriptId = signal('none');
  readonly script = signal('');
  readonly encode = signal(ENCODERS[0]?.command ?? '');
  readonly audioId = signal<string>('keep');
  readonly container = signal<'matroska' | 'mp4'>('matroska');
  readonly priority = signal('0');
  /** By the field's name in the API; `` is what belongs to none. */
  readonly problems = signal<Readonly<Record<string, string>>>({});
  readonly #api: Api;
  readonly #memory: UploadMemory;

  constructor(api: Api, storage: Storage) {
    this.#api = api;
    this.#memory = new UploadMemory(storage);
  }

  /** The film that is all there; undefined while it is not. */
  readonly uploadId = computed(() => {
    const upload = this.upload.value;
    if (upload === undefined) return this.earlierId.value === '' ? undefined : this.earlierId.value;
    return upload.progress.value.phase === 'done' ? upload.progress.value.uploadId : undefined;
  });

  send(file: File): void {
    if (file.size === 0) {
      this.problems.value = { upload_id: `${file.name} is empty` };
      return;
    }
    this.problems.value = {};
    const upload = new FilmUpload(file, { api: this.#api, memory: this.#memory });
    this.upload.value = upload;
    void upload.run();
  }

  /** Back to the choice. What is not all there is removed; a film that is stays to be chosen. */
  async dropUpload(): Promise<void> {
    const upload = this.upload.value;
    this.upload.value = undefined;
    if (upload === undefined || upload.progress.value.phase === 'done') return;
    await upload.discard();
  }

  /** Another preset: what was written by hand is replaced. */
  chooseScript(id: string): void {
    this.scriptId.value = id;
    this.script.value = SCRIPTS.find((one) => one.id === id)?.text ?? '';
  }

  /** Resolves to the job's id; undefined when something is wrong, which `problems` tells. */
  async submit(): Promise<string | undefined> {
    this.problems.value = {};
    const audio = AUDIOS.find(({ id }) => id === this.audioId.value)?.command ?? '';
    try {
      const job = await this.#api.postJson<{ job_id: string }>('/jobs', {
        upload_id: this.uploadId.value,
        encode: this.encode.value,
        script: this.script.value,
        container: this.container.value,
        priority: Number(this.priority.value),
        ...(this.name.value.trim() === '' ? {} : { name: this.name.value.trim() }),
        ...(audio === '' ? {} : { audio }),
      });
      return job.job_id;
    } catch (thrown) {
      this.problems.value = problemsOf(thrown);
      return undefined;
    }
  }
}

function problemsOf(thrown: unknown): Record<string, string> {
  if (thrown instanceof ApiError && thrown.fields.length > 0)
    return Object.fromEntries(thrown.fields.map(({ field, message }) => [field, message]));
  return { '': messageOf(thrown) };
}
