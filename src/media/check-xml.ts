// A reader of XML as far as manifests need it: elements, attributes, text. No entities but the five, no document types: those are refused.

export type XmlNode = { name: string; attributes: Record<string, string>; children: XmlNode[]; text: string }

const ENTITIES: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** Throws a SyntaxError for what is not well-formed. */
export function readXml(text: string): XmlNode {
  const root: XmlNode = { name: '', attributes: {}, children: [], text: '' }
  const open = [root]
  const pattern =
    /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([A-Za-z_][\w:.-]*)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)|(<)/g
  for (const [whole, cdata, closing, name, attributes, empty, words, stray] of text
    .replace(/^\uFEFF/, '')
    .matchAll(pattern)) {
    const inside = open.at(-1)!
    if (stray) throw new SyntaxError('a < that begins nothing')
    if (cdata !== undefined) inside.text += cdata
    else if (words !== undefined) inside.text += entities(words)
    else if (name === undefined) continue
    else if (closing) {
      if (inside.name !== name) throw new SyntaxError(`</${name}> closes <${inside.name}>`)
      open.pop()
    } else {
      const node: XmlNode = { name, attributes: readAttributes(attributes ?? ''), children: [], text: '' }
      inside.children.push(node)
      if (!empty) open.push(node)
    }
    if (whole === '') break
  }
  if (open.length > 1) throw new SyntaxError(`<${open.at(-1)!.name}> is not closed`)
  if (root.children.length !== 1 || root.text.trim() !== '') throw new SyntaxError('there must be one root element')
  return root.children[0]!
}

function readAttributes(text: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [, name, double, single] of text.matchAll(/([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)) {
    if (Object.hasOwn(found, name!)) throw new SyntaxError(`${name} is there twice`)
    found[name!] = entities(double ?? single ?? '')
  }
  return found
}

function entities(text: string): string {
  return text.replace(/&(#x?[0-9a-f]+|\w+);?/gi, (whole, name: string) => {
    if (name.startsWith('#')) return String.fromCodePoint(Number(name.replace(/^#x/i, '0x').replace(/^#/, '')))
    if (!Object.hasOwn(ENTITIES, name)) throw new SyntaxError(`${whole} is no entity known here`)
    return ENTITIES[name]!
  })
}

/** All elements of a name at any depth, in order. */
export function elements(node: XmlNode, name: string): XmlNode[] {
  return node.children.flatMap((child) => [...(child.name === name ? [child] : []), ...elements(child, name)])
}

export const child = (node: XmlNode, name: string): XmlNode | undefined => node.children.find((it) => it.name === name)
