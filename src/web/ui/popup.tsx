/** A button with a menu of things to do: it opens beside the button, closes on Escape, and gives the focus back. */
import { type ReactNode, type ToggleEvent, useId, useRef, useState } from 'react'
import { Icon, type IconName } from './icon.tsx'

export interface Action {
  icon: IconName
  words: string
  onChoose: () => void
}

const EDGE_PX = 8

interface PopupProps {
  label: string
  actions: readonly (Action | undefined)[]
  children?: ReactNode
}

/** Nothing at all where there is nothing to do. */
export function Popup({ label, actions, children }: PopupProps) {
  const id = useId()
  const button = useRef<HTMLButtonElement>(null)
  const panel = useRef<HTMLDivElement>(null)
  const [open, setOpen] = useState(false)
  const offered = actions.filter((it) => it !== undefined)
  if (offered.length === 0) return null
  const toggled = (event: ToggleEvent<HTMLDivElement>) => {
    setOpen(event.newState === 'open')
    if (event.newState === 'open' && button.current && panel.current) place(panel.current, button.current)
  }
  return (
    <>
      <button
        ref={button}
        type="button"
        className="button"
        data-kind="quiet"
        data-size="small"
        data-shape="round"
        popoverTarget={id}
        aria-expanded={open}
        aria-label={label}
      >
        {children ?? <Icon name="dots" />}
      </button>
      <div id={id} ref={panel} popover="auto" className="menu popup" onToggle={toggled}>
        <ul className="menu-list">
          {offered.map((action) => (
            <li key={action.words}>
              <button
                type="button"
                onClick={() => {
                  panel.current?.hidePopover()
                  action.onChoose()
                }}
              >
                <Icon name={action.icon} />
                {action.words}
              </button>
            </li>
          ))}
        </ul>
      </div>
    </>
  )
}

/** Below the button where there is room, else above it; never over an edge of the window. */
function place(panel: HTMLElement, button: HTMLElement): void {
  const at = button.getBoundingClientRect()
  const { width, height } = panel.getBoundingClientRect()
  const ends = getComputedStyle(panel).direction === 'rtl' ? at.left : at.right - width
  const left = Math.max(EDGE_PX, Math.min(ends, window.innerWidth - width - EDGE_PX))
  const below = at.bottom + EDGE_PX / 2
  const top = below + height > window.innerHeight - EDGE_PX ? at.top - height - EDGE_PX / 2 : below
  panel.style.left = `${left}px`
  panel.style.top = `${Math.max(EDGE_PX, top)}px`
}
