/** The sizes and formats that a thumbnail is offered in, by its address. The widths and the shape of the names are those of the contract. */

const WIDTHS = [320, 640, 1280]
const FORMS = ['avif', 'webp'] as const

/** What `<source>` elements take, best first; none for an address that is no thumbnail of ours. */
export function pictureSources(thumbnail: string): { type: string; srcSet: string }[] {
  if (!/\/(thumbnail|still-\d|own-\w+)\.jpg$/.test(thumbnail)) return []
  const stem = thumbnail.slice(0, -'.jpg'.length)
  return FORMS.map((form) => ({
    type: `image/${form}`,
    srcSet: WIDTHS.map((width) => `${stem}.${width}.${form} ${width}w`).join(', '),
  }))
}
