// D01: what may stand in a manifest, in which order, with which attributes (ISO/IEC 23009-1 Annex B, as far as the elements below go). An
// element or attribute of another namespace may stand anywhere; an element named here, nowhere but where it belongs.

import type { Say } from './check-facts.ts'
import type { XmlNode } from './check-xml.ts'

type Attributes = Record<string, RegExp>
type Element = {
  /** In the order the schema asks for. */
  children?: readonly string[]
  attributes: Attributes
  required?: readonly string[]
}

const ANY = /^[\s\S]*$/
const COUNT = /^\d{1,20}$/
const SIGNED = /^-?\d{1,10}$/
const BOOLEAN = /^(true|false|0|1)$/
const DURATION = /^-?P(?=.)(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$/
const DATE_TIME = /^-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/
const DOUBLE = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/
const RATIO = /^\d*:\d*$/
const FRAME_RATE = /^\d+(\/[1-9]\d*)?$/
const NO_BLANKS = /^\S+$/
const MEDIA_KIND = /^(text|image|audio|video|application|font)$/
const ALIGNED = /^(true|false|\d+)$/
const SAP = /^[0-6]$/
const LANGUAGE = /^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$/
const RANGE = /^(\d+-\d*|-\d+)$/

const DESCRIPTOR: Element = { attributes: { schemeIdUri: NO_BLANKS, value: ANY, id: ANY }, required: ['schemeIdUri'] }
const LABEL: Element = { attributes: { id: COUNT, lang: LANGUAGE } }

/** What representations and sets have in common (5.3.7). */
const COMMON_CHILDREN = [
  'FramePacking',
  'AudioChannelConfiguration',
  'ContentProtection',
  'OutputProtection',
  'EssentialProperty',
  'SupplementalProperty',
  'InbandEventStream',
  'Switching',
  'RandomAccess',
  'GroupLabel',
  'Label',
  'ProducerReferenceTime',
  'ContentPopularityRate',
  'Resync',
] as const
const COMMON_ATTRIBUTES: Attributes = {
  profiles: ANY,
  width: COUNT,
  height: COUNT,
  sar: RATIO,
  frameRate: FRAME_RATE,
  audioSamplingRate: /^\d+( \d+)?$/,
  mimeType: /^[\w.+-]+\/[\w.+-]+(;.*)?$/,
  segmentProfiles: ANY,
  codecs: ANY,
  containerProfiles: ANY,
  maximumSAPPeriod: DOUBLE,
  startWithSAP: SAP,
  maxPlayoutRate: DOUBLE,
  codingDependency: BOOLEAN,
  scanType: /^(progressive|interlaced|unknown)$/,
  selectionPriority: COUNT,
  tag: ANY,
}
const BASE_CHILDREN = ['Initialization', 'RepresentationIndex', 'FailoverContent'] as const
const BASE_ATTRIBUTES: Attributes = {
  timescale: /^[1-9]\d*$/,
  presentationTimeOffset: COUNT,
  eptDelta: SIGNED,
  pdDelta: SIGNED,
  presentationDuration: COUNT,
  timeShiftBufferDepth: DURATION,
  indexRange: RANGE,
  indexRangeExact: BOOLEAN,
  availabilityTimeOffset: /^(INF|[+-]?\d+(\.\d+)?)$/,
  availabilityTimeComplete: BOOLEAN,
}
const MULTIPLE_ATTRIBUTES: Attributes = { ...BASE_ATTRIBUTES, duration: COUNT, startNumber: COUNT, endNumber: COUNT }

const ELEMENTS: Record<string, Element> = {
  MPD: {
    children: [
      'ProgramInformation',
      'BaseURL',
      'Location',
      'PatchLocation',
      'ServiceDescription',
      'InitializationSet',
      'InitializationGroup',
      'InitializationPresentation',
      'ContentProtection',
      'Period',
      'Metrics',
      'EssentialProperty',
      'SupplementalProperty',
      'UTCTiming',
      'LeapSecondInformation',
    ],
    attributes: {
      id: ANY,
      profiles: /^\S+(,\s*\S+)*$/,
      type: /^(static|dynamic)$/,
      availabilityStartTime: DATE_TIME,
      availabilityEndTime: DATE_TIME,
      publishTime: DATE_TIME,
      mediaPresentationDuration: DURATION,
      minimumUpdatePeriod: DURATION,
      minBufferTime: DURATION,
      timeShiftBufferDepth: DURATION,
      suggestedPresentationDelay: DURATION,
      maxSegmentDuration: DURATION,
      maxSubsegmentDuration: DURATION,
    },
    required: ['profiles', 'minBufferTime'],
  },
  Period: {
    children: [
      'BaseURL',
      'SegmentBase',
      'SegmentList',
      'SegmentTemplate',
      'AssetIdentifier',
      'EventStream',
      'ServiceDescription',
      'ContentProtection',
      'AdaptationSet',
      'Subset',
      'SupplementalProperty',
      'EmptyAdaptationSet',
      'GroupLabel',
      'Preselection',
    ],
    attributes: { id: ANY, start: DURATION, duration: DURATION, bitstreamSwitching: BOOLEAN },
  },
  AdaptationSet: {
    children: [
      ...COMMON_CHILDREN,
      'Accessibility',
      'Role',
      'Rating',
      'Viewpoint',
      'ContentComponent',
      'BaseURL',
      'SegmentBase',
      'SegmentList',
      'SegmentTemplate',
      'Representation',
    ],
    attributes: {
      ...COMMON_ATTRIBUTES,
      id: COUNT,
      group: COUNT,
      lang: LANGUAGE,
      contentType: MEDIA_KIND,
      par: RATIO,
      minBandwidth: COUNT,
      maxBandwidth: COUNT,
      minWidth: COUNT,
      maxWidth: COUNT,
      minHeight: COUNT,
      maxHeight: COUNT,
      minFrameRate: FRAME_RATE,
      maxFrameRate: FRAME_RATE,
      segmentAlignment: ALIGNED,
      subsegmentAlignment: ALIGNED,
      subsegmentStartsWithSAP: SAP,
      bitstreamSwitching: BOOLEAN,
      initializationSetRef: /^\d+( \d+)*$/,
      initializationPrincipal: ANY,
    },
  },
  Representation: {
    children: [
      ...COMMON_CHILDREN,
      'BaseURL',
      'ExtendedBandwidth',
      'SubRepresentation',
      'SegmentBase',
      'SegmentList',
      'SegmentTemplate',
    ],
    attributes: {
      ...COMMON_ATTRIBUTES,
      id: NO_BLANKS,
      bandwidth: COUNT,
      qualityRanking: COUNT,
      dependencyId: ANY,
      associationId: ANY,
      associationType: ANY,
      mediaStreamStructureId: ANY,
    },
    required: ['id', 'bandwidth'],
  },
  SegmentBase: { children: BASE_CHILDREN, attributes: BASE_ATTRIBUTES },
  SegmentList: {
    children: [...BASE_CHILDREN, 'SegmentTimeline', 'BitstreamSwitching', 'SegmentURL'],
    attributes: MULTIPLE_ATTRIBUTES,
  },
  SegmentTemplate: {
    children: [...BASE_CHILDREN, 'SegmentTimeline', 'BitstreamSwitching'],
    attributes: { ...MULTIPLE_ATTRIBUTES, media: ANY, index: ANY, initialization: ANY, bitstreamSwitching: ANY },
  },
  SegmentTimeline: { children: ['S', 'Pattern'], attributes: {} },
  S: { attributes: { t: COUNT, n: COUNT, d: COUNT, r: SIGNED, k: COUNT, p: COUNT, pE: COUNT }, required: ['d'] },
  BaseURL: {
    attributes: {
      serviceLocation: ANY,
      byteRange: ANY,
      availabilityTimeOffset: BASE_ATTRIBUTES.availabilityTimeOffset!,
      availabilityTimeComplete: BOOLEAN,
      timeShiftBufferDepth: DURATION,
      rangeAccess: BOOLEAN,
    },
  },
  ContentProtection: {
    attributes: { ...DESCRIPTOR.attributes, robustness: NO_BLANKS, refId: ANY, ref: ANY },
    required: ['schemeIdUri'],
  },
  Label: LABEL,
  GroupLabel: LABEL,
  AudioChannelConfiguration: DESCRIPTOR,
  EssentialProperty: DESCRIPTOR,
  SupplementalProperty: DESCRIPTOR,
  Role: DESCRIPTOR,
  Accessibility: DESCRIPTOR,
  Rating: DESCRIPTOR,
  Viewpoint: DESCRIPTOR,
  FramePacking: DESCRIPTOR,
  UTCTiming: DESCRIPTOR,
}

/** Holds an element and everything in it against the table. */
export function checkGrammar(node: XmlNode, url: string, say: Say): void {
  const known = ELEMENTS[node.name]
  if (known) {
    checkAttributes(node, known, url, say)
    checkChildren(node, known, url, say)
  }
  for (const it of node.children) checkGrammar(it, url, say)
}

function checkAttributes(node: XmlNode, { attributes, required = [] }: Element, url: string, say: Say): void {
  for (const name of required)
    if (node.attributes[name] === undefined) say('D01', 'M', `${node.name} has no ${name}`, url)
  for (const [name, value] of Object.entries(node.attributes)) {
    if (name.includes(':') || name === 'xmlns') continue
    const shape = Object.hasOwn(attributes, name) ? attributes[name] : undefined
    if (!shape) say('D01', 'M', `${node.name} has an attribute ${name} that the schema does not know`, url)
    else if (!shape.test(value)) say('D01', 'M', `${name} of ${node.name} is "${value}"`, url)
  }
}

function checkChildren(node: XmlNode, { children = [] }: Element, url: string, say: Say): void {
  let last = 0
  for (const it of node.children) {
    if (it.name.includes(':')) continue
    const place = children.indexOf(it.name)
    if (place < 0) say('D01', 'M', `${it.name} does not belong into ${node.name}`, url)
    else if (place < last) say('D01', 'M', `${it.name} stands too late in ${node.name}`, url)
    last = Math.max(last, place)
  }
}
