// Segment addresses and times of a DASH manifest for the checker: templates written out (ISO/IEC 23009-1 5.3.9).

import { resolve } from './check-playlist.ts'
import { child, elements, readXml, type XmlNode } from './check-xml.ts'

export type TimedSegment = { url: string; start: number; ticks: number }

export type RepresentationPlan = {
  node: XmlNode
  set: XmlNode
  template: XmlNode | undefined
  timescale: number
  offset: number
  init: string | undefined
  segments: TimedSegment[]
  base: string
}

/** Seconds of an xs:duration of hours, minutes and seconds. */
export function seconds(text: string | undefined): number {
  const match = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?$/.exec(text ?? '')
  return match ? Number(match[1] ?? 0) * 3600 + Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0) : Number.NaN
}

/** Every representation of the manifest with its segments. */
export function representations(url: string, mpd: XmlNode): RepresentationPlan[] {
  const total = seconds(mpd.attributes.mediaPresentationDuration)
  return elements(mpd, 'Period').flatMap((period) => {
    const length = period.attributes.duration === undefined ? total : seconds(period.attributes.duration)
    return elements(period, 'AdaptationSet').flatMap((set) =>
      elements(set, 'Representation').map((node) => {
        const base = [mpd, period, set, node].reduce(
          (at, it) => resolve(at, child(it, 'BaseURL')?.text.trim() ?? ''),
          url,
        )
        const template =
          child(node, 'SegmentTemplate') ?? child(set, 'SegmentTemplate') ?? child(period, 'SegmentTemplate')
        return { node, set, template, base, ...expand(node, template, base, length) }
      }),
    )
  })
}

function expand(node: XmlNode, template: XmlNode | undefined, base: string, length: number) {
  const attributes = template?.attributes ?? {}
  const timescale = Number(attributes.timescale ?? 1)
  const offset = Number(attributes.presentationTimeOffset ?? 0)
  const fill = (pattern: string, number: number, time: number) =>
    resolve(
      base,
      pattern.replace(/\$(\w*)(?:%0(\d+)d)?\$/g, (whole, name: string, width: string | undefined) => {
        const values: Record<string, string | undefined> = {
          RepresentationID: node.attributes.id,
          Number: String(number),
          Time: String(time),
          Bandwidth: node.attributes.bandwidth,
          '': '$',
        }
        return values[name]?.padStart(Number(width ?? 0), '0') ?? whole
      }),
    )
  const init = attributes.initialization === undefined ? undefined : fill(attributes.initialization, 0, 0)
  const segments: TimedSegment[] = []
  let number = Number(attributes.startNumber ?? 1)
  const media = attributes.media
  const timeline = template && child(template, 'SegmentTimeline')
  const add = (start: number, ticks: number) => segments.push({ url: fill(media!, number++, start), start, ticks })
  if (media !== undefined && timeline) {
    let at = 0
    for (const entry of elements(timeline, 'S')) {
      at = Number(entry.attributes.t ?? at)
      const ticks = Number(entry.attributes.d)
      const repeat = Number(entry.attributes.r ?? 0)
      const count = repeat < 0 ? Math.ceil((length * timescale + offset - at) / ticks) : repeat + 1
      for (let n = 0; n < Math.min(count, 100_000); n++, at += ticks) add(at, ticks)
    }
  } else if (media !== undefined && attributes.duration !== undefined) {
    const ticks = Number(attributes.duration)
    const count = Math.ceil((length * timescale) / ticks - 0.001)
    for (let n = 0; n < Math.min(count, 100_000); n++) add(n * ticks, ticks)
  }
  return { timescale, offset, init, segments }
}

/** Everything a manifest names that is to be fetched; nothing for what is no manifest. */
export function dashAddresses(url: string, text: string): string[] {
  try {
    return representations(url, readXml(text)).flatMap(({ init, segments, base, template }) => [
      ...(init === undefined ? [] : [init]),
      ...segments.map((segment) => segment.url),
      ...(template ? [] : [base]),
    ])
  } catch {
    return []
  }
}
