/** One set of icons, drawn in lines of 1.5 px. Each stands beside a word and is silent for screen readers. */

const PATHS = {
  back: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  erase: "M9 6h11v12H9l-6-6zM12 9.5l5 5M17 9.5l-5 5",
  check: "M4.5 12.5l5 5 10-11",
  cross: "M6 6l12 12M18 6L6 18",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  dot: "M12 9a3 3 0 100 6 3 3 0 000-6z",
  alert: "M12 4l9 16H3zM12 10v4.5M12 17.2v.1",
  tablet: "M6 3h12v18H6zM11 18h2",
  send: "M12 20V5M6 11l6-6 6 6",
  office: "M4 20V9l8-5 8 5v11zM9.5 20v-6h5v6",
  offline: "M3 9a14 14 0 0118 0M6.5 13a9 9 0 0111 0M12 17.5v.1M4 4l16 16",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 017 0v3",
  person: "M12 4a4 4 0 100 8 4 4 0 000-8zM4.5 20c.8-4 4-5.5 7.5-5.5s6.7 1.5 7.5 5.5",
  phone:
    "M6 4h4l1.5 4.5-2.5 2a11 11 0 004.5 4.5l2-2.5L20 14v4a2 2 0 01-2 2A14 14 0 014 6a2 2 0 012-2z",
  map: "M12 21s-6.5-6-6.5-11a6.5 6.5 0 0113 0c0 5-6.5 11-6.5 11zM12 8a2 2 0 100 4 2 2 0 000-4z",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
  clock: "M12 4a8 8 0 100 16 8 8 0 000-16zM12 8v4.5l3 2",
  camera: "M3.5 8h4l1.5-2.5h6L16.5 8h4v11h-17zM12 10a3.5 3.5 0 100 7 3.5 3.5 0 000-7z",
  gallery: "M4 5h16v14H4zM4 16l5-5 4 4 3-2.5 4 3.5M15.5 8.5v.1",
  search: "M11 5a6 6 0 100 12 6 6 0 000-12zM15.5 15.5L20 20",
  scan: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M8 9v6M12 9v6M16 9v6",
  part: "M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8",
  list: "M9 6h11M9 12h11M9 18h11M4 6h.1M4 12h.1M4 18h.1",
  note: "M5 4h14v16H5zM8.5 9h7M8.5 13h7M8.5 17h4",
  sign: "M4 19h16M6 15c2-7 4-10 5-9s-3 9-1 9 2.5-4 4-4 0 4 2 4 2-1 3-2",
  pen: "M5 19l1-4L16 5l3 3L9 18zM14 7l3 3",
  flag: "M6 21V4h11l-2 4 2 4H6",
  star: "M12 4l2.4 5.1 5.6.7-4.1 3.8 1.1 5.5L12 16.4 7 19.1l1.1-5.5L4 9.8l5.6-.7z",
  again: "M5 12a7 7 0 0112-5l2 2M19 5v4h-4M19 12a7 7 0 01-12 5l-2-2M5 19v-4h4",
  pause: "M9 5v14M15 5v14",
  play: "M7 5l11 7-11 7z",
  bin: "M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13",
  sun: "M12 8a4 4 0 100 8 4 4 0 000-8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2",
  language:
    "M12 4a8 8 0 100 16 8 8 0 000-16zM4 12h16M12 4c3 2.5 3 13.5 0 16M12 4c-3 2.5-3 13.5 0 16",
  leave: "M10 4H5v16h5M10 12h10M16 8l4 4-4 4",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, isFilled = false }: { name: IconName; isFilled?: boolean }) {
  return (
    <svg class={isFilled ? "icon icon-filled" : "icon"} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
