/** The settings: one button, and a panel of menus for quality, speed, sound and captions (WAI-ARIA menu button pattern). */
import { el, iconButton } from './dom.ts'
import { type IconName, icon } from './icons.ts'
import { type Requests, SPEEDS } from './requests.ts'
import type { Menu, PlayerState, Store } from './store.ts'
import { speedLabel, type Words } from './words.ts'

interface Choice {
  label: string
  chosen: boolean
  choose(): void
}

export function makeMenus(
  store: Store,
  requests: Requests,
  words: Words,
): { button: HTMLButtonElement; panel: HTMLElement } {
  const button = iconButton(
    words.settings,
    icon('gear'),
    () => requests.openMenu(store.state.menu === 'closed' ? 'main' : 'closed'),
    'gear',
  )
  button.setAttribute('aria-haspopup', 'menu')
  const panel = el('div', { class: 'panel', role: 'menu', 'aria-label': words.settings, hidden: true })
  panel.addEventListener('click', (event) => event.stopPropagation())
  panel.addEventListener('keydown', (event) => onKey(event))

  function close() {
    requests.openMenu('closed')
    button.focus()
  }

  function choose(choice: Choice) {
    choice.choose()
    close()
  }

  /** Items of one menu from the state; a change of what they are made from makes them anew. */
  function itemsOf(state: PlayerState): HTMLElement[] {
    if (state.menu === 'main') {
      const playing = state.qualities.find(({ level }) => level === state.playingLevel)?.label
      const chosen = state.qualities.find(({ level }) => level === state.chosenLevel)?.label
      return [
        ...(state.qualities.length > 0
          ? [
              door(
                'quality',
                'quality',
                words.quality,
                chosen ?? (playing ? words.automaticAt(playing) : words.automatic),
              ),
            ]
          : []),
        door('speed', 'speed', words.speed, speedLabel(state.speed, words)),
        ...(state.sounds.length > 1
          ? [door('sound', 'soft', words.sound, state.sounds[state.sound]?.label ?? '')]
          : []),
        ...(state.captions.length > 0
          ? [door('captions', 'captions', words.captions, state.captions[state.caption]?.label ?? words.off)]
          : []),
        // Who uses a finger has no keys at hand, and little room.
        ...(state.touch ? [] : [keysItem()]),
      ]
    }
    return [backTo(titleOf(state.menu)), ...choicesOf(state).map(choiceItem)]
  }

  function titleOf(menu: Menu): string {
    return menu === 'quality' || menu === 'speed' || menu === 'sound' ? words[menu] : words.captions
  }

  function choicesOf(state: PlayerState): Choice[] {
    if (state.menu === 'speed') {
      return SPEEDS.map((speed) => ({
        label: speedLabel(speed, words),
        chosen: speed === state.speed,
        choose: () => requests.setSpeed(speed),
      }))
    }
    if (state.menu === 'sound')
      return state.sounds.map(({ label }, index) => ({
        label,
        chosen: index === state.sound,
        choose: () => requests.setSound(index),
      }))
    if (state.menu === 'captions') {
      const tracks = state.captions.map(({ label }, index) => ({
        label,
        chosen: index === state.caption,
        choose: () => requests.setCaption(index),
      }))
      return [{ label: words.off, chosen: state.caption === -1, choose: () => requests.setCaption(-1) }, ...tracks]
    }
    const playing = state.qualities.find(({ level }) => level === state.playingLevel)?.label
    const automatic = {
      label: state.chosenLevel === 'auto' && playing ? words.automaticAt(playing) : words.automatic,
      chosen: state.chosenLevel === 'auto',
      choose: () => requests.setQuality('auto'),
    }
    const levels = [...state.qualities].reverse().map(({ level, label }) => ({
      label,
      chosen: state.chosenLevel === level,
      choose: () => requests.setQuality(level),
    }))
    return [automatic, ...levels]
  }

  function door(menu: Menu, picture: IconName, label: string, value: string): HTMLElement {
    const item = el(
      'button',
      { type: 'button', class: 'item door', role: 'menuitem', tabindex: '-1', 'aria-haspopup': 'menu' },
      icon(picture),
      el('span', { class: 'label' }, label),
      el('span', { class: 'value' }, value),
      icon('next'),
    )
    item.addEventListener('click', () => requests.openMenu(menu))
    return item
  }

  function keysItem(): HTMLElement {
    const item = el(
      'button',
      { type: 'button', class: 'item', role: 'menuitem', tabindex: '-1', 'aria-haspopup': 'dialog' },
      icon('keys'),
      el('span', { class: 'label' }, words.keys),
      el('span', { class: 'value' }, '?'),
    )
    item.addEventListener('click', () => {
      close()
      requests.showKeys()
    })
    return item
  }

  function backTo(title: string): HTMLElement {
    const item = el(
      'button',
      {
        type: 'button',
        class: 'item title',
        role: 'menuitem',
        tabindex: '-1',
        'aria-label': `${words.back}: ${title}`,
      },
      icon('back'),
      el('span', { class: 'label' }, title),
    )
    item.addEventListener('click', () => requests.openMenu('main'))
    return item
  }

  function choiceItem(choice: Choice): HTMLElement {
    const item = el(
      'button',
      { type: 'button', class: 'item', role: 'menuitemradio', tabindex: '-1', 'aria-checked': String(choice.chosen) },
      icon('check'),
      el('span', { class: 'label' }, choice.label),
    )
    item.addEventListener('click', () => choose(choice))
    return item
  }

  function onKey(event: KeyboardEvent) {
    const items = [...panel.querySelectorAll<HTMLElement>('.item')]
    const at = items.indexOf(panel.querySelector<HTMLElement>('.item:focus') ?? items[0]!)
    const moves: Record<string, () => void> = {
      ArrowDown: () => items[(at + 1) % items.length]?.focus(),
      ArrowUp: () => items[(at - 1 + items.length) % items.length]?.focus(),
      Home: () => items[0]?.focus(),
      End: () => items.at(-1)?.focus(),
      ArrowRight: () => items[at]?.classList.contains('door') && items[at].click(),
      ArrowLeft: () => (store.state.menu === 'main' ? close() : requests.openMenu('main')),
      Escape: () => (store.state.menu === 'main' ? close() : requests.openMenu('main')),
      Tab: close,
    }
    event.stopPropagation()
    const move = moves[event.key]
    if (!move) return
    event.preventDefault()
    move()
  }

  store.watch((state, before) => {
    const same = before && panelFacts.every((fact) => state[fact] === before[fact])
    if (same) return
    const open = state.menu !== 'closed'
    button.setAttribute('aria-expanded', String(open))
    const moved = before && before.menu !== state.menu
    // What had the focus is about to be replaced, when only values have changed; its place keeps the focus.
    const at = [...panel.children].indexOf(panel.querySelector('.item:focus') ?? panel)
    panel.hidden = !open
    panel.replaceChildren(...(open ? itemsOf(state) : []))
    if (!open) return
    const items = [...panel.querySelectorAll<HTMLElement>('.item')]
    const next = moved ? (items.find((item) => item.getAttribute('aria-checked') === 'true') ?? items[0]) : items[at]
    if (moved || at >= 0) next?.focus({ preventScroll: false })
  })
  return { button, panel }
}

/** The parts of the state the panel is made from. */
const panelFacts = [
  'menu',
  'qualities',
  'chosenLevel',
  'playingLevel',
  'speed',
  'sounds',
  'sound',
  'captions',
  'caption',
  'touch',
] as const
