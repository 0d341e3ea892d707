// Icon: small line drawings on a grid of 24, drawn for these pages. They go beside
// words and never stand for them, so readers of screens skip them. Bounded by the
// table.
import type { JSX } from 'preact';

const paths = {
  overview: 'M4 13h6V4H4zM14 20h6V11h-6zM4 20h6v-3H4zM14 7h6V4h-6z',
  bridge: 'M3 8h18M5 8v9M19 8v9M5 17v-1.5a3.5 3.5 0 0 1 7 0V17M12 17v-1.5a3.5 3.5 0 0 1 7 0V17',
  clients: 'M7 7h10v10H7zM10 3v4M14 3v4M10 17v4M14 17v4M3 10h4M3 14h4M17 10h4M17 14h4',
  tree: 'M5 4h5v4H5zM14 10h5v4h-5zM14 17h5v4h-5zM7.5 8v11H14M7.5 12H14',
  retained: 'M6 3h12v18l-6-4.5L6 21z',
  tap: 'M3 12h4l3-7 4 14 3-7h4',
  users: 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20a6.5 6.5 0 0 1 13 0M16 4.5q4 3 0 6.2M18 14.5q3 1.6 3.5 5.5',
  certificate: 'M12 3l7.5 3v5.5q0 6.5-7.5 9.5-7.5-3-7.5-9.5V6zM8.8 12l2.3 2.3 4.2-4.6',
  configuration:
    'M4 7h10M18 7h2M4 17h2M10 17h10M16 7m-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0M8 17m-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0',
  log: 'M5 4h14v16H5zM8.5 8.5h7M8.5 12h7M8.5 15.5h4',
  reference: 'M8.5 7L3.5 12l5 5M15.5 7l5 5-5 5M13.5 4.5l-3 15',
  add: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6L6 18',
  menu: 'M4 7h16M4 12h16M4 17h16',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l4.5 4.5',
  arrow: 'M4 12h16M14 6l6 6-6 6',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  alert: 'M12 4L2.5 20h19zM12 10v4.5M12 17.2v.1',
  info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5.5M12 7.8v.1',
  remove: 'M5 7h14M10 7V4.5h4V7M7 7l1 13h8l1-13M10.5 11v5.5M13.5 11v5.5',
  edit: 'M4 20l1-4.5L16.5 4 20 7.5 8.5 19zM14 6.5l3.5 3.5',
  pause: 'M8 5v14M16 5v14',
  aside: 'M4 13h4.5l1.5 2.5h4l1.5-2.5H20M4 13v7h16v-7L17 4H7zM12 7v4',
  play: 'M7 4.5l12 7.5-12 7.5z',
  again: 'M20 11a8 8 0 0 0-14.5-4L3.5 9M3.5 4v5h5M4 13a8 8 0 0 0 14.5 4l2-2M20.5 20v-5h-5',
  download: 'M12 4v11M7 10.5l5 5 5-5M4.5 20h15',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 3v1.5M12 19.5V21M3 12h1.5M19.5 12H21M5.6 5.6l1 1M17.4 17.4l1 1',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z',
  auto: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 3v18M12 8l5-3M12 12l8-4M12 16l8-4M12 20l7-4',
  leave: 'M10 4H5v16h5M14 8l4 4-4 4M18 12H9',
  send: 'M4 12L20 4.5 15.5 20l-4-6.5zM20 4.5L11.5 13.5',
  up: 'M6 14.5l6-6 6 6',
  down: 'M6 9.5l6 6 6-6',
  key: 'M15 13a4.5 4.5 0 1 0-4.3-3.2L4 16.5V20h3.5v-2.5H10V15h2.2M16 8v.1',
  language: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM3.5 12h17M12 3q4 4 4 9t-4 9q-4-4-4-9t4-9z',
  clear: 'M4.5 14l7-9.5 8 6-6.5 9H8zM9 8l8 6M13 19.5h7.5',
} as const;

/** The names of the drawings. */
export type IconName = keyof typeof paths;

/** A drawing, as large as its place allows. */
export function Icon({ name }: { readonly name: IconName }): JSX.Element {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.7" aria-hidden="true">
      <path d={paths[name]} stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}

/** The sign of the house. */
export function Sign(): JSX.Element {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#0d7a70" />
      <path
        d="M4.5 12.5h23M7 12.5v11M25 12.5v11M7 23.5v-2.5a4.5 4.5 0 0 1 9 0v2.5M16 23.5v-2.5a4.5 4.5 0 0 1 9 0v2.5"
        fill="none"
        stroke="#fff"
        stroke-width="2.2"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}
