/** A channel's picture, or its first letter on a colour of its own. */

interface FaceProps {
  name: string
  id: string
  /** Address of the picture. */
  avatar?: string | undefined
  size?: number
}

export function Face({ name, id, avatar, size = 36 }: FaceProps) {
  if (avatar) return <img className="face" src={avatar} alt="" width={size} height={size} loading="lazy" />
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
