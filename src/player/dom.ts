/** Making elements: the few lines that a player needs instead of a framework. */

type Children = (Node | string)[]

/** An element with attributes and children. A value of `false` leaves its attribute out, `true` sets it empty. */
export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, string | boolean> = {},
  ...children: Children
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false) continue
    made.setAttribute(name, value === true ? '' : value)
  }
  made.append(...children)
  return made
}

/** A button with an icon, named for those who do not see it. Its name doubles as the tip for those who point at it. */
export function iconButton(name: string, picture: SVGElement, press: () => void, className = ''): HTMLButtonElement {
  const button = el(
    'button',
    { type: 'button', class: `button ${className}`.trim(), 'aria-label': name, title: name },
    picture,
  )
  button.addEventListener('click', (event) => {
    event.stopPropagation()
    press()
  })
  return button
}

/** Gives a button its new name and picture, only when they differ: replacing an icon under a pointer breaks the click. */
export function nameButton(button: HTMLButtonElement, name: string, title = name): void {
  if (button.getAttribute('aria-label') === name && button.title === title) return
  button.setAttribute('aria-label', name)
  button.title = title
}

/** Sets a text only when it differs: these are called with every frame that plays. */
export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text
}

export function setAttribute(node: Element, name: string, value: string): void {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value)
}
