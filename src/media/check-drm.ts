// D18: what a manifest says of protection is true of the media, and can be used: key ids, systems, and the data for them (ISO/IEC 23009-1
// 5.8.4.1, 23001-7 8.1 and 11.2).

import { type Presentation, type Say, textOf } from './check-facts.ts'
import { initAt } from './check-rates.ts'
import { representations } from './check-timeline.ts'
import { elements, readXml, type XmlNode } from './check-xml.ts'
import { boxesIn } from './mp4-read.ts'

const COMMON = 'urn:mpeg:dash:mp4protection:2011'
const SYSTEM = /^urn:uuid:([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/i
const KID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Looks at every set of the manifest, protected or not. */
export function checkDrm(presentation: Presentation, mpd: XmlNode, url: string, say: Say): void {
  const kidsOfSets = new Map<XmlNode, string[]>()
  for (const set of elements(mpd, 'AdaptationSet')) {
    const all = elements(set, 'ContentProtection')
    const about = `set ${set.attributes.id ?? '?'}`
    const kids = all.flatMap(({ attributes }) => attributes['cenc:default_KID'] ?? [])
    kidsOfSets.set(set, kids.map(plain))
    for (const it of all) checkDescriptor(it, about, kids, url, say)
    if (all.length > 0 && !all.some(({ attributes }) => attributes.schemeIdUri === COMMON))
      say('D18', 'M', `${about} names systems, but no scheme of protection`, url)
  }
  const file = presentation.files.get(url)
  for (const { set, node, init } of file ? representations(url, readXml(textOf(file))) : []) {
    const track = init === undefined ? undefined : initAt(presentation, init)?.tracks[0]
    const own = elements(set, 'ContentProtection').concat(elements(node, 'ContentProtection'))
    const scheme = own.find(({ attributes }) => attributes.schemeIdUri === COMMON)
    const kid = own.flatMap(({ attributes }) => attributes['cenc:default_KID'] ?? [])[0]
    if (!track) continue
    if ((track.protection !== undefined) !== (scheme !== undefined))
      say('D18', 'M', track.protection ? 'its protection is not named' : 'it is named as protected and is not', init)
    const tenc = track.protection?.tenc
    if (tenc && scheme && scheme.attributes.value !== track.protection?.scheme)
      say('D18', 'M', `it is ${track.protection?.scheme}, the manifest says ${scheme.attributes.value}`, init)
    if (tenc && kid !== undefined && plain(kid) !== tenc.kid) say('D18', 'M', `its key id is not ${kid}`, init)
  }
}

function checkDescriptor(node: XmlNode, about: string, kids: string[], url: string, say: Say): void {
  const { schemeIdUri = '', value } = node.attributes
  const kid = node.attributes['cenc:default_KID']
  if (schemeIdUri === COMMON && (!/^(cenc|cbcs)$/.test(value ?? '') || kid === undefined))
    say('D18', 'M', `${about} lacks a scheme or default_KID`, url)
  if (kid !== undefined && !KID.test(kid)) say('D18', 'M', `${about} has the key id "${kid}", which is no UUID`, url)
  const system = SYSTEM.exec(schemeIdUri)?.[1]
  if (schemeIdUri.startsWith('urn:uuid:') && schemeIdUri !== schemeIdUri.toLowerCase())
    say('D18', 'M', 'a DRM uuid is not in small letters', url)
  for (const pssh of elements(node, 'cenc:pssh')) {
    const fault = psshFault(pssh.text.trim(), system, kids)
    if (fault !== undefined) say('D18', 'M', `pssh of ${about}: ${fault}`, url)
  }
}

/** What is wrong with a `pssh` in Base64: a whole box of the right system that, where it names keys, names those of the set. */
function psshFault(text: string, system: string | undefined, kids: string[]): string | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return 'it is not Base64'
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'))
  try {
    const boxes = boxesIn(bytes)
    const box = boxes[0]
    if (boxes.length !== 1 || box?.type !== 'pssh' || box.end !== bytes.length) return 'it is not one pssh box'
    const hex = (from: number, to: number) => Buffer.from(bytes.subarray(from, to)).toString('hex')
    if (system !== undefined && hex(box.body + 4, box.body + 20) !== plain(system)) return 'it is for another system'
    if (bytes[box.body] === 0) return undefined
    const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(box.body + 20)
    const named = Array.from({ length: Math.min(count, 64) }, (_, n) =>
      hex(box.body + 24 + n * 16, box.body + 40 + n * 16),
    )
    const absent = kids.find((kid) => !named.includes(plain(kid)))
    return absent === undefined ? undefined : `the key ${absent} is not among its keys`
  } catch (thrown) {
    return (thrown as Error).message
  }
}

const plain = (uuid: string): string => uuid.replaceAll('-', '').toLowerCase()
