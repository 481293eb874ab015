import type { JSX } from 'preact';

/** Paths of 24 x 24 line drawings. */
const ICONS = {
  jobs: 'M4 6h16M4 12h16M4 18h10',
  agents: 'M4 5h16v6H4zM4 14h16v6H4zM8 8h.01M8 17h.01',
  grid: 'M4 19V5M4 19h16M8 15l4-5 3 3 5-7',
  submit: 'M12 16V4M7 9l5-5 5 5M4 20h16',
  tokens: 'M15 9a4 4 0 1 1-4-4 4 4 0 0 1 4 4zM14 12l7 7M18 16l-2 2M20.5 18.5l-2 2',
  light:
    'M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 2v2M12 20v2M4 12H2M22 12h-2M5 5l1.5 1.5M17.5 17.5L19 19M19 5l-1.5 1.5M6.5 17.5L5 19',
  dark: 'M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z',
  system: 'M3 5h18v11H3zM9 20h6M12 16v4',
  leave: 'M14 5H5v14h9M10 12h11M18 9l3 3-3 3',
  close: 'M6 6l12 12M18 6L6 18',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  search: 'M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16 16l5 5',
  film: 'M4 5h16v14H4zM8 5v14M16 5v14M4 10h4M4 14h4M16 10h4M16 14h4',
  retry: 'M20 11a8 8 0 1 0-2 6M20 5v6h-6',
  play: 'M7 5l12 7-12 7z',
  download: 'M12 4v12M7 11l5 5 5-5M4 20h16',
  warning: 'M12 4l9 16H3zM12 10v4M12 17h.01',
} as const;

export type IconName = keyof typeof ICONS;

/** Beside words only, which say the same: nothing is read out. */
export function Icon({ name }: { name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={ICONS[name]} />
    </svg>
  );
}
