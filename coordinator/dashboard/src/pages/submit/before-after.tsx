import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';

interface BeforeAfterProps {
  readonly before: string;
  readonly after: string;
  readonly width: number | null;
  readonly height: number | null;
}

/** Two pictures on each other, with a border between them that arrow keys and the pointer move. */
export function BeforeAfter({ before, after, width, height }: BeforeAfterProps): JSX.Element {
  const cut = useSignal(50);
  const size = width !== null && height !== null ? { width, height } : {};
  return (
    <figure class="before-after" style={{ '--cut': `${cut.value}%` }}>
      <div class="pictures">
        <img src={after} alt="The frame after the script" {...size} />
        <img src={before} alt="The frame before the script" class="before" {...size} />
        <span class="border" aria-hidden="true" />
        <input
          type="range"
          min="0"
          max="100"
          value={cut.value}
          aria-label="Border between before and after"
          aria-valuetext={`${cut.value} % before`}
          onInput={(event) => (cut.value = Number(event.currentTarget.value))}
        />
      </div>
      <figcaption>
        <span>Before</span>
        <span>After</span>
      </figcaption>
    </figure>
  );
}
