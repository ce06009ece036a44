// Rules for protected samples (C06 to C10, and H47 where a list names them): ISO/IEC 23001-7, and what Apple's players ask for.

import { type Fragment, type Init, type InitTrack, readFragments, readInit } from './check-boxes.ts'
import { type Presentation, type Say, textOf } from './check-facts.ts'
import { readPlaylist, tagsNamed } from './check-playlist.ts'
import { type SliceContext, sliceContext, sliceHeaderBytes } from './check-slices.ts'
import { representations } from './check-timeline.ts'
import { elements, readXml } from './check-xml.ts'
import { decryptSample, type SampleEncryption, type TrackEncryption } from './decrypt.ts'

type Protected = InitTrack & {
  protection: { scheme: 'cenc' | 'cbcs'; original: string; tenc: TrackEncryption }
}

/** One protected segment, with what is needed to judge it. */
interface Segment {
  url: string
  bytes: Uint8Array
  track: Protected
  fragment: Fragment
  entries: SampleEncryption[]
}

/** `inits` are the initialisation segments by the folder they lie in. */
export function checkProtection(presentation: Presentation, inits: ReadonlyMap<string, Init>, say: Say): void {
  const named = defaultKids(presentation)
  const spent = new Map<string, string>()
  for (const [folder, init] of inits) {
    for (const track of init.tracks) {
      if (!track.protection) continue
      const url = [...presentation.files.keys()].find((it) => it.startsWith(folder) && /\.mp4(\?|$)/.test(it))!
      if (!isDescribed(track)) {
        say('C06', 'M', 'frma, schm (cenc or cbcs) and tenc must be there', url)
        continue
      }
      const kid = named.get(url)
      if (kid !== undefined && kid !== track.protection.tenc.kid)
        say('C06', 'M', `its key id is ${track.protection.tenc.kid}, the manifest says ${kid}`, url)
      checkPattern(track, url, say)
      for (const segment of segmentsOf(presentation, folder, track, init, say)) {
        checkClearHeads(segment, say)
        checkCounters(segment, spent, say)
        checkHidden(presentation, segment, say)
      }
    }
  }
  checkLists(presentation, say)
}

function isDescribed(track: InitTrack): track is Protected {
  const { scheme, original, tenc } = track.protection!
  return (scheme === 'cenc' || scheme === 'cbcs') && original !== undefined && tenc?.isProtected === true
}

/** Key ids that the manifest names, by the address of the initialisation segment they are for. */
function defaultKids({ dash, files }: Presentation): Map<string, string> {
  const file = dash === undefined ? undefined : files.get(dash)
  const found = new Map<string, string>()
  try {
    for (const { set, node, init } of file ? representations(dash!, readXml(textOf(file))) : []) {
      const kid = [...elements(node, 'ContentProtection'), ...elements(set, 'ContentProtection')]
        .map(({ attributes }) => attributes['cenc:default_KID'])
        .find((it) => it !== undefined)
      if (init !== undefined && kid !== undefined) found.set(init, kid.replaceAll('-', '').toLowerCase())
    }
  } catch {
    // What is wrong with the manifest is for the rules of DASH to say.
  }
  return found
}

/** C07: pattern and vectors of `tenc` (10.4.2 for cbcs: one of ten blocks of pictures, every block of sound). */
function checkPattern({ handler, protection: { scheme, tenc } }: Protected, url: string, say: Say): void {
  const { version, crypt, skip, ivBytes, constantIv } = tenc
  if (scheme === 'cenc') {
    if (crypt !== 0 || skip !== 0) say('C07', 'M', 'cenc has no pattern', url)
    if (ivBytes !== 8 && ivBytes !== 16) say('C07', 'M', `an IV of ${ivBytes} bytes for each sample`, url)
    return
  }
  if (version < 1) say('C07', 'M', 'cbcs needs version 1 of tenc', url)
  const pattern = `${crypt}:${skip}`
  if (handler === 'vide' && pattern !== '1:9') say('C07', 'M', `the pattern of pictures is ${pattern}, not 1:9`, url)
  if (handler === 'soun' && pattern !== '0:0' && pattern !== '1:0')
    say('C07', 'M', `the pattern of sound is ${pattern}, not 0:0`, url)
  if (ivBytes !== 0 || constantIv?.length !== 16) say('C07', 'M', 'cbcs needs one constant IV of 16 bytes', url)
}

function segmentsOf(presentation: Presentation, folder: string, track: Protected, init: Init, say: Say): Segment[] {
  const found: Segment[] = []
  for (const { url, bytes } of presentation.files.values()) {
    if (!url.startsWith(folder) || !/\d+\.m4s(\?|$)/.test(url)) continue
    try {
      for (const fragment of readFragments(bytes, init.tracks)) {
        const entries = readEntries(fragment, track.protection, url, say)
        if (entries) found.push({ url, bytes, track, fragment, entries })
      }
    } catch {
      // C02 says that it cannot be read.
    }
  }
  return found.sort((a, b) => (a.fragment.decodeTime ?? 0) - (b.fragment.decodeTime ?? 0))
}

/** C07: the three tables agree with each other and with the samples. Undefined where they cannot be used. */
function readEntries(
  { samples, encryption }: Fragment,
  { scheme, tenc }: Protected['protection'],
  url: string,
  say: Say,
): SampleEncryption[] | undefined {
  const { senc, saiz, saio, entriesAt } = encryption
  // With one constant IV and no subsamples there is nothing to be said of a sample.
  if (tenc.constantIv && !(senc && (senc[3]! & 2) !== 0)) return samples.map(() => ({ iv: new Uint8Array() }))
  if (!senc || !saiz || saio === undefined) {
    say('C07', 'M', 'senc, saiz and saio must be there', url)
    return undefined
  }
  const view = new DataView(senc.buffer, senc.byteOffset, senc.byteLength)
  const counts = [view.getUint32(4), new DataView(saiz.buffer, saiz.byteOffset, saiz.byteLength).getUint32(1)]
  if (counts.some((count) => count !== samples.length) || saio !== entriesAt) {
    say('C07', 'M', 'senc, saiz and saio do not agree with the samples', url)
    return undefined
  }
  const hasSubsamples = (senc[3]! & 2) !== 0
  const entries: SampleEncryption[] = []
  let at = 8
  for (const [n, sample] of samples.entries()) {
    const from = at
    const iv = senc.subarray(at, at + tenc.ivBytes)
    at += tenc.ivBytes
    const subsamples = []
    const count = hasSubsamples && at + 2 <= senc.length ? view.getUint16(at) : 0
    if (hasSubsamples) at += 2
    for (let part = 0; part < count && at + 6 <= senc.length; part++, at += 6)
      subsamples.push({ clear: view.getUint16(at), cipher: view.getUint32(at + 2) })
    const bytes = subsamples.reduce((sum, { clear, cipher }) => sum + clear + cipher, 0)
    if (hasSubsamples && bytes !== sample.size) {
      say('C07', 'M', `subsamples of sample ${n} come to ${bytes} bytes, it has ${sample.size}`, url)
      return undefined
    }
    if (scheme === 'cenc' && subsamples.some(({ cipher }) => cipher % 16 !== 0 && cipher > 0))
      say('C07', 'M', `protected parts of sample ${n} are no whole blocks`, url)
    if ((saiz[0] === 0 ? saiz[5 + n] : saiz[0]) !== at - from)
      say('C07', 'M', `saiz does not tell the size of entry ${n}`, url)
    entries.push({ iv, ...(hasSubsamples ? { subsamples } : {}) })
  }
  return entries
}

/** C08: lengths and headers of NAL units are in clear, and of H.264 the slice headers too (9.5.2). */
function checkClearHeads({ url, bytes, track, fragment, entries }: Segment, say: Say): void {
  if (track.handler !== 'vide' || !/^(avc|hvc|hev)/.test(track.protection.original)) return
  const context = track.avcC ? sliceContext(track.avcC) : undefined
  for (const [n, sample] of fragment.samples.entries()) {
    const data = bytes.subarray(sample.at, sample.at + sample.size)
    const hidden = hiddenRanges(entries[n]!, data.length)
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
    for (let at = 0; at + 5 <= data.length; ) {
      const first = hidden.find(({ to }) => to > at)?.from ?? Number.POSITIVE_INFINITY
      if (first < at + headBytes(data.subarray(at + 4), context)) {
        say('C08', 'M', `the head of a unit in sample ${n} is not in clear`, url)
        return
      }
      at += 4 + view.getUint32(at)
    }
  }
}

/** Bytes from the length of a unit to the end of what must be in clear. */
function headBytes(nal: Uint8Array, context: SliceContext | undefined): number {
  if (!context) return 4 + 2
  if (![1, 5].includes(nal[0]! & 31)) return 4 + 1
  try {
    return 4 + sliceHeaderBytes(nal, context)
  } catch {
    return 4 + 1
  }
}

function hiddenRanges({ subsamples }: SampleEncryption, size: number): { from: number; to: number }[] {
  if (!subsamples) return [{ from: 0, to: size }]
  let at = 0
  return subsamples.flatMap(({ clear, cipher }) => {
    const from = at + clear
    at = from + cipher
    return cipher > 0 ? [{ from, to: at }] : []
  })
}

/** C09: two samples under one key and one counter would give away each other (9.2). */
function checkCounters({ url, track, fragment, entries }: Segment, spent: Map<string, string>, say: Say): void {
  const { scheme, tenc } = track.protection
  if (scheme !== 'cenc') return
  for (const [n, entry] of entries.entries()) {
    const bytes = hiddenRanges(entry, fragment.samples[n]!.size).reduce((sum, { from, to }) => sum + to - from, 0)
    if (bytes === 0) continue
    const blocks = entry.iv.length === 16 ? Math.ceil(bytes / 16) : 1
    const start = BigInt(`0x${Buffer.from(entry.iv).toString('hex')}`)
    for (let block = 0; block < blocks; block++) {
      const counter = `${tenc.kid} ${start + BigInt(block)}`
      const other = spent.get(counter)
      if (other !== undefined) {
        say('C09', 'M', `sample ${n} uses a counter again that was used in ${other}`, url)
        return
      }
      spent.set(counter, url)
    }
  }
}

/** C10: with its key each sample is what it was before, and with another it is not. */
function checkHidden({ keys, clear }: Presentation, { url, bytes, track, fragment, entries }: Segment, say: Say): void {
  if (!keys || !clear) return
  const { scheme, tenc } = track.protection
  const key = keys[tenc.kid]
  if (key === undefined) {
    say('C10', 'M', `there is no key ${tenc.kid}`, url)
    return
  }
  const original = clearSamples(clear, url)
  const right = Buffer.from(key, 'hex')
  const wrong = Uint8Array.from(right, (byte, at) => (at === 0 ? byte ^ 1 : byte))
  let anyHidden = false
  for (const [n, sample] of fragment.samples.entries()) {
    const data = bytes.subarray(sample.at, sample.at + sample.size)
    const expected = original[n]
    const same = (with_: Uint8Array) =>
      expected !== undefined && Buffer.compare(decryptSample(scheme, with_, tenc, entries[n]!, data), expected) === 0
    if (!same(right)) {
      say('C10', 'M', `sample ${n} is not what it was before it was protected`, url)
      return
    }
    anyHidden ||= !same(wrong)
  }
  if (!anyHidden) say('C10', 'M', 'another key shows the same: nothing is protected', url)
}

/** Samples of the segment of the same name in the clear title. */
function clearSamples(clear: Presentation, url: string): Uint8Array[] {
  const name = (address: string) => address.split('/').slice(-2).join('/')
  const file = [...clear.files.values()].find((it) => name(it.url) === name(url))
  const folder = name(url).split('/')[0]!
  const init = [...clear.files.values()].find((it) => it.url.includes(`/${folder}/`) && /\.mp4(\?|$)/.test(it.url))
  if (!file || !init) return []
  return readFragments(file.bytes, readInit(init.bytes).tracks).flatMap(({ samples }) =>
    samples.map(({ at, size }) => file.bytes.subarray(at, at + size)),
  )
}

/** H47: what a list calls SAMPLE-AES is cbcs in one of ten blocks (Apple 13.3, 13.7). */
function checkLists({ files }: Presentation, say: Say): void {
  for (const file of files.values()) {
    if (!/\.m3u8(\?|$)/.test(file.url)) continue
    const list = readPlaylist(file.url, textOf(file))
    if (!tagsNamed(list, 'EXT-X-KEY').some(({ attributes }) => attributes.METHOD === 'SAMPLE-AES')) continue
    for (const url of new Set(list.segments.flatMap(({ map }) => (map === undefined ? [] : [map])))) {
      const init = files.get(url)
      const tracks = init ? tracksOf(init.bytes) : []
      for (const { handler, protection } of tracks) {
        if (protection?.scheme !== 'cbcs') say('H47', 'M', 'SAMPLE-AES, but the samples are not cbcs', url)
        else if (handler === 'vide' && `${protection.tenc?.crypt}:${protection.tenc?.skip}` !== '1:9')
          say('H47', 'M', 'SAMPLE-AES of pictures, but not one block of ten', url)
      }
    }
  }
}

function tracksOf(bytes: Uint8Array): InitTrack[] {
  try {
    return readInit(bytes).tracks
  } catch {
    return []
  }
}
