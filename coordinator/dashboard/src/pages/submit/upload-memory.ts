const PREFIX = 'clipgrid.upload.';
const MOST = 20;

/** What tells a file from others without reading it: its name, size and time of change. */
export function fileKey({ name, size, lastModified }: Pick<File, 'name' | 'size' | 'lastModified'>): string {
  return JSON.stringify([name, size, lastModified]);
}

/** Which upload a file was on its way in, over a reload of the page. */
export class UploadMemory {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  get(file: File): string | undefined {
    return this.#storage.getItem(PREFIX + fileKey(file)) ?? undefined;
  }

  set(file: File, uploadId: string): void {
    const known = Object.keys(this.#storage).filter((key) => key.startsWith(PREFIX));
    for (const key of known.slice(0, Math.max(0, known.length - MOST + 1))) this.#storage.removeItem(key);
    this.#storage.setItem(PREFIX + fileKey(file), uploadId);
  }

  forget(file: File): void {
    this.#storage.removeItem(PREFIX + fileKey(file));
  }
}
