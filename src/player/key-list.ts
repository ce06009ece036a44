/** The list of keys, made from the table that is heard: a dialog over everything, which keeps the focus and gives it back. */
import { el, iconButton } from './dom.ts'
import { icon } from './icons.ts'
import type { Deed } from './keys.ts'
import type { Words } from './words.ts'

const SIGNS: Record<string, string> = { ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓' }

/** The element, and what opens it. It lies beside the stage, so that no press on it is meant for the picture. */
export function makeKeyList(deeds: readonly Deed[], words: Words): { dialog: HTMLDialogElement; open(): void } {
  const dialog = el('dialog', { class: 'keys', 'aria-labelledby': 'keys-title' })
  const everywhere = deeds.filter(({ where }) => where !== 'picture')
  const onPicture = deeds.filter(({ where }) => where === 'picture')
  dialog.append(
    el(
      'div',
      { class: 'inside' },
      el('h2', { id: 'keys-title' }, words.keys),
      iconButton(words.close, icon('cross'), () => dialog.close()),
      el('dl', {}, ...linesOf(everywhere, words)),
      el('h3', {}, words.keysOnPicture),
      el('dl', {}, ...linesOf(onPicture, words)),
    ),
  )
  // A press beside the list closes it.
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close())
  return {
    dialog,
    open() {
      if (!dialog.open) dialog.showModal()
    },
  }
}

/** A line for each thing that is done, with every key that does it. */
function linesOf(deeds: readonly Deed[], words: Words): HTMLElement[] {
  return [...new Set(deeds.map(({ says }) => says))].map((says) => {
    const keys = deeds.filter((it) => it.says === says).flatMap((it) => it.keys)
    return el(
      'div',
      {},
      el('dt', {}, ...namesOf(keys, words).map((name) => el('kbd', { dir: 'ltr' }, name))),
      el('dd', {}, words.deeds[says]),
    )
  })
}

/** As they stand on a keyboard; all digits are one range. */
function namesOf(keys: readonly string[], words: Words): string[] {
  if (keys.length === 10) return [`${keys[0]} – ${keys[9]}`]
  const { space, Home, End, Enter } = words.keyNames
  const names: Record<string, string> = { ...SIGNS, ' ': space, Home, End, Enter }
  // As on the key itself: a small l is hardly told from an I.
  return keys.map((key) => names[key] ?? key.toUpperCase())
}
