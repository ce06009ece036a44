/** The pictures on the buttons, drawn for this player on a grid of 24. */

const SVG = 'http://www.w3.org/2000/svg'

const LINE = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'

const drawings = {
  play: '<path d="M8 5.6v12.8a1 1 0 0 0 1.53.85l10.2-6.4a1 1 0 0 0 0-1.7l-10.2-6.4A1 1 0 0 0 8 5.6z"/>',
  pause: '<rect x="6" y="5" width="4.4" height="14" rx="1.4"/><rect x="13.6" y="5" width="4.4" height="14" rx="1.4"/>',
  replay: `<path ${LINE} d="M4.5 12a7.5 7.5 0 1 0 2.6-5.7L4.5 8.6M4.5 4v4.6h4.6"/>`,
  loud: `<path d="M4 9.2v5.6a.9.9 0 0 0 .9.9h2.7l4 3.4a.9.9 0 0 0 1.5-.7V5.6a.9.9 0 0 0-1.5-.7l-4 3.4H4.9a.9.9 0 0 0-.9.9z"/><path ${LINE} d="M16.2 9.2a4 4 0 0 1 0 5.6M18.7 6.7a7.5 7.5 0 0 1 0 10.6"/>`,
  soft: `<path d="M4 9.2v5.6a.9.9 0 0 0 .9.9h2.7l4 3.4a.9.9 0 0 0 1.5-.7V5.6a.9.9 0 0 0-1.5-.7l-4 3.4H4.9a.9.9 0 0 0-.9.9z"/><path ${LINE} d="M16.2 9.2a4 4 0 0 1 0 5.6"/>`,
  mute: `<path d="M4 9.2v5.6a.9.9 0 0 0 .9.9h2.7l4 3.4a.9.9 0 0 0 1.5-.7V5.6a.9.9 0 0 0-1.5-.7l-4 3.4H4.9a.9.9 0 0 0-.9.9z"/><path ${LINE} d="m16.6 9.7 4.6 4.6m0-4.6-4.6 4.6"/>`,
  captions: `<rect ${LINE} x="3" y="5.5" width="18" height="13" rx="2.6"/><path ${LINE} d="M10.6 10.6a2 2 0 1 0 0 2.8M17 10.6a2 2 0 1 0 0 2.8"/>`,
  gear: `<circle ${LINE} cx="12" cy="12" r="2.6"/><path ${LINE} d="M10 5.4L10.4 2.9L13.6 2.9L14 5.4L15.2 5.9L17.3 4.5L19.5 6.7L18.1 8.8L18.6 10L21.1 10.4L21.1 13.6L18.6 14L18.1 15.2L19.5 17.3L17.3 19.5L15.2 18.1L14 18.6L13.6 21.1L10.4 21.1L10 18.6L8.8 18.1L6.7 19.5L4.5 17.3L5.9 15.2L5.4 14L2.9 13.6L2.9 10.4L5.4 10L5.9 8.8L4.5 6.7L6.7 4.5L8.8 5.9z"/>`,
  picture: `<path ${LINE} d="M20.5 10.5V7.1A1.6 1.6 0 0 0 18.9 5.5H5.1A1.6 1.6 0 0 0 3.5 7.1v9.8a1.6 1.6 0 0 0 1.6 1.6h4.4"/><rect x="12" y="12.5" width="9.5" height="7" rx="1.5"/>`,
  theatre: `<rect ${LINE} x="3" y="6.5" width="18" height="11" rx="2"/>`,
  column: `<rect ${LINE} x="5" y="5.5" width="14" height="13" rx="2"/>`,
  expand: `<path ${LINE} d="M4.5 9V5.5a1 1 0 0 1 1-1H9M15 4.5h3.5a1 1 0 0 1 1 1V9M19.5 15v3.5a1 1 0 0 1-1 1H15M9 19.5H5.5a1 1 0 0 1-1-1V15"/>`,
  shrink: `<path ${LINE} d="M9 4.5V8a1 1 0 0 1-1 1H4.5M19.5 9H16a1 1 0 0 1-1-1V4.5M15 19.5V16a1 1 0 0 1 1-1h3.5M4.5 15H8a1 1 0 0 1 1 1v3.5"/>`,
  cross: `<path ${LINE} d="m6.5 6.5 11 11m0-11-11 11"/>`,
  keys: `<rect ${LINE} x="2.5" y="6" width="19" height="12" rx="2.4"/><path ${LINE} d="M6.5 10h.01M10 10h.01M13.5 10h.01M17 10h.01M8 14h8"/>`,
  check: `<path ${LINE} d="m5.5 12.5 4.2 4.2 8.8-9.2"/>`,
  back: `<path ${LINE} d="m14.5 6-6 6 6 6"/>`,
  next: `<path ${LINE} d="m9.5 6 6 6-6 6"/>`,
  quality: `<path ${LINE} d="M4 7.5h9M18.5 7.5H20M4 16.5h1.5M11 16.5h9"/><circle ${LINE} cx="15.7" cy="7.5" r="2.3"/><circle ${LINE} cx="8.2" cy="16.5" r="2.3"/>`,
  speed: `<path ${LINE} d="M5.6 17.8a8.5 8.5 0 1 1 12.8 0M12 13.5l3.6-4.4"/>`,
  warning: `<path ${LINE} d="M12 8.5v4.7M12 16.5v.01M10.5 4.3 3 17.4a1.7 1.7 0 0 0 1.5 2.6h15a1.7 1.7 0 0 0 1.5-2.6L13.5 4.3a1.7 1.7 0 0 0-3 0z"/>`,
} as const

export type IconName = keyof typeof drawings

/** An icon of the given name; decoration, so hidden from those who listen. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('fill', 'currentColor')
  svg.setAttribute('aria-hidden', 'true')
  setIcon(svg, name)
  return svg
}

export function setIcon(svg: SVGElement, name: IconName): void {
  if (svg.dataset.name === name) return
  svg.dataset.name = name
  svg.innerHTML = drawings[name]
}
