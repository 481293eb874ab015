import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';

/** Takes one film: dropped on it, or chosen. */
export function DropZone({ picked }: { picked: (file: File) => void }): JSX.Element {
  const over = useSignal(false);
  const take = (files: FileList | null | undefined): void => {
    const file = files?.[0];
    if (file) picked(file);
  };
  return (
    <label
      class="drop-zone"
      data-over={over.value}
      onDragOver={(event) => {
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={() => (over.value = false)}
      onDrop={(event) => {
        event.preventDefault();
        over.value = false;
        take(event.dataTransfer?.files);
      }}
    >
      <strong>Drop a film here</strong>
      <span class="quiet">or choose a file. It goes in parts, and goes on where it was after a break.</span>
      <input
        type="file"
        class="unseen"
        aria-label="Choose a film"
        accept="video/*,.mkv,.ts,.m2ts,.y4m"
        onChange={(event) => take(event.currentTarget.files)}
      />
    </label>
  );
}
