/**
 * A few silent seconds of a video over its picture, while a mouse rests on it. Not for fingers, nor for those who want little motion or
 * little data; what cannot be played leaves the picture as it is.
 */
import { type PointerEvent, useEffect, useRef, useState } from 'react'

/** Passing over a grid starts nothing. */
const REST_MS = 350

interface Hover {
  /** True once the mouse has rested long enough. */
  rests: boolean
  handlers: {
    onPointerEnter(event: PointerEvent): void
    onPointerLeave(): void
  }
}

/** Notices a mouse that rests. Give the handlers to the element that is pointed at. */
export function useRest(wanted: boolean): Hover {
  const [rests, setRests] = useState(false)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  return {
    rests,
    handlers: {
      onPointerEnter({ pointerType }) {
        if (!wanted || pointerType !== 'mouse' || !likesMotion()) return
        timer.current = setTimeout(() => setRests(true), REST_MS)
      },
      onPointerLeave() {
        clearTimeout(timer.current)
        setRests(false)
      },
    },
  }
}

function likesMotion(): boolean {
  const { connection } = navigator as Navigator & { connection?: { saveData?: boolean } }
  return connection?.saveData !== true && !matchMedia('(prefers-reduced-motion: reduce)').matches
}

export function Preview({ address }: { address: string }) {
  const [state, setState] = useState<'loading' | 'plays' | 'failed'>('loading')
  if (state === 'failed') return null
  return (
    <video
      className="preview"
      data-plays={state === 'plays' || undefined}
      src={address}
      autoPlay
      muted
      loop
      playsInline
      disablePictureInPicture
      tabIndex={-1}
      aria-hidden="true"
      onPlaying={() => setState('plays')}
      onError={() => setState('failed')}
    />
  )
}
