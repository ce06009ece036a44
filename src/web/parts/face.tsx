/** A channel's picture: until there are real ones, its first letter on a colour of its own. */

export function Face({ name, id, size = 36 }: { name: string; id: string; size?: number }) {
  const letter = [...new Intl.Segmenter().segment(name.trim())][0]?.segment.toUpperCase() ?? '?'
  return (
    <span
      className="face"
      data-tone={toneOf(id)}
      style={{ width: size, height: size, fontSize: size * 0.44 }}
      aria-hidden="true"
    >
      {letter}
    </span>
  )
}

/** One of eight tones, the same for the same id on every page. */
export function toneOf(id: string): number {
  let sum = 0
  for (const letter of id) sum = (sum * 31 + letter.charCodeAt(0)) >>> 0
  return sum % 8
}
