/** The icons and the mark: drawn here, so that nothing is fetched for them. */
import type { ReactNode } from 'react'

const shapes = {
  upload: <path d="M12 16V4m0 0 4.5 4.5M12 4 7.5 8.5M4 15v3a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-3" />,
  download: <path d="M12 4v12m0 0 4.5-4.5M12 16l-4.5-4.5M4 15v3a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-3" />,
  menu: <path d="M4 6.5h16M4 12h16M4 17.5h16" />,
  film: <path d="M4 5h16v14H4zM8 5v14M16 5v14M4 9.5h4M4 14.5h4M16 9.5h4M16 14.5h4" />,
  pause: <path d="M8.5 5v14M15.5 5v14" />,
  play: <path d="M7.5 4.5v15l12-7.5z" />,
  cross: <path d="m6 6 12 12M18 6 6 18" />,
  check: <path d="m5 12.5 4.5 4.5L19 7.5" />,
  warn: <path d="M12 4 2.8 19.5h18.4zM12 10v4.5m0 2.4v.1" />,
  link: (
    <path d="M10 14a4 4 0 0 0 5.7 0l3.6-3.6a4 4 0 0 0-5.7-5.7l-1.4 1.4M14 10a4 4 0 0 0-5.7 0l-3.6 3.6a4 4 0 0 0 5.7 5.7l1.4-1.4" />
  ),
  pencil: <path d="M4 20h4L19.5 8.5a2.1 2.1 0 0 0-3-3L5 17zM14.5 7.5l3 3" />,
  bin: <path d="M4.5 7h15M9.5 7V4.5h5V7M6.5 7l1 12.5h9l1-12.5M10 11v5.5M14 11v5.5" />,
  lock: <path d="M6 10.5h12V20H6zM8.5 10.5V8a3.5 3.5 0 0 1 7 0v2.5" />,
  search: <path d="M10.5 17.5a7 7 0 1 0 0-14 7 7 0 0 0 0 14Zm5-2 5 5" />,
  clock: <path d="M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM12 7v5.2l3.4 2" />,
  person: <path d="M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-7.5 8.5c.6-3.7 3.6-6 7.5-6s6.9 2.3 7.5 6" />,
  thumb: (
    <path d="M7.5 20V10.5l4-7a2 2 0 0 1 2.4 2.6L13 9.5h5.2a2 2 0 0 1 2 2.4l-1.3 6.5a2 2 0 0 1-2 1.6zM7.5 10.5H4V20h3.5" />
  ),
  thumb_down: (
    <path d="M16.5 4v9.5l-4 7a2 2 0 0 1-2.4-2.6l.9-3.4H5.8a2 2 0 0 1-2-2.4l1.3-6.5a2 2 0 0 1 2-1.6zM16.5 13.5H20V4h-3.5" />
  ),
  bell: <path d="M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15zM10 20.5a2.2 2.2 0 0 0 4 0" />,
  plus: <path d="M12 5v14M5 12h14" />,
  pin: <path d="M9 4h6l-1 6 3.5 3.5h-11L10 10zM12 13.5V20" />,
  heart: <path d="M12 20S4 14.8 4 9.3A4.3 4.3 0 0 1 12 7a4.3 4.3 0 0 1 8 2.3C20 14.8 12 20 12 20Z" />,
  list: <path d="M4 6.5h12M4 12h12M4 17.5h7M16 14.5v6l4.5-3z" />,
  home: <path d="M4 11.5 12 4.5l8 7M6 10v9.5h4.5V14h3v5.5H18V10" />,
  flame: (
    <path d="M12 3.5c.5 3.5 5.5 5.5 5.5 10.5a5.5 5.5 0 0 1-11 0c0-2 1-3.4 2.2-4.6.3 1.7 1 2.6 1.9 3C11.8 9.5 10.700 6.5 12 3.5Z" />
  ),
  compass: <path d="M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM15.5 8.5l-2 5-5 2 2-5z" />,
  people: (
    <path d="M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-6.5 8c.5-3.300 3-5 6.5-5s6 1.700 6.5 5M15.5 4.800a3.5 3.5 0 0 1 0 6.400M17.5 14.900c2.300.7 3.700 2.300 4 4.600" />
  ),
  gear: (
    <path d="M12 15.200a3.200 3.200 0 1 0 0-6.400 3.200 3.200 0 0 0 0 6.400ZM12 3v2.800M12 18.200V21M3 12h2.800M18.200 12H21M5.600 5.600l2 2M16.400 16.400l2 2M18.400 5.600l-2 2M7.600 16.400l-2 2" />
  ),
  shield: <path d="M12 3.5 5 6v5.5c0 4.300 2.800 7.300 7 9 4.200-1.700 7-4.700 7-9V6zM9 12l2.200 2.200L15.200 10" />,
  chart: <path d="M4 20h16M7 16.5v-5M12 16.5V5M17 16.5V9" />,
  megaphone: <path d="M4 10v4h3l9 4.5v-13L7 10zM7.5 14v5h3v-3.600M19 9.5a4 4 0 0 1 0 5" />,
  speech: <path d="M4 5h16v11h-8.5L7 20v-4H4z" />,
  flag: <path d="M6 21V4.5h12l-2.5 4 2.5 4H6" />,
  eye_off: (
    <path d="M4 4l16 16M9.900 6.300A9 9 0 0 1 12 6c4.5 0 7.800 3 9 6a11 11 0 0 1-2.700 3.700M6.5 7.800A10.5 10.5 0 0 0 3 12c1.200 3 4.5 6 9 6 1.400 0 2.700-.3 3.800-.8" />
  ),
  key: <path d="M8 15.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 11.5h8.5v3.5M16.5 11.5v2.5" />,
  dots: <path strokeWidth="3.4" d="M5.5 12h.01M12 12h.01M18.5 12h.01" />,
  up: <path d="m6 14 6-6 6 6" />,
  down: <path d="m6 10 6 6 6-6" />,
} satisfies Record<string, ReactNode>

export type IconName = keyof typeof shapes

/** An icon beside words that say the same, so it is hidden from those who listen. */
export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.9"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {shapes[name]}
    </svg>
  )
}

/** The mark: a V with raised arms, and between them a lens that is also a head. */
export function Mark({ size = 30 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <path
        d="M4.8 9 16 26.5 27.2 9"
        fill="none"
        stroke="var(--accent)"
        strokeWidth="5.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <circle cx="16" cy="8" r="4.2" fill="var(--lamp)" />
    </svg>
  )
}
