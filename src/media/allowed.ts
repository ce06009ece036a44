// What FFmpeg may open. Every list here is a wall against hostile files: a playlist renamed to .mp4 that names another
// person's file, a decoder nobody has looked at for ten years, a picture of 16000 x 16000. All uploads meet it before anything else does.

const CONTAINERS = [
  ...[
    'mov',
    'mp4',
    'm4a',
    '3gp',
    '3g2',
    'mj2',
    'matroska',
    'webm',
    'avi',
    'mpegts',
    'mpeg',
    'mpegvideo',
    'flv',
    'asf',
    'ogg',
  ],
  ...[
    'wav',
    'mp3',
    'aac',
    'flac',
    'aiff',
    'caf',
    'ac3',
    'eac3',
    'amr',
    'gif',
    'mxf',
    'yuv4mpegpipe',
    'h264',
    'hevc',
    'm4v',
    'ivf',
    'obu',
    'dv',
  ],
]

const VIDEO_DECODERS = [
  ...[
    'h264',
    'hevc',
    'libdav1d',
    'av1',
    'libaom-av1',
    'vp8',
    'vp9',
    'libvpx-vp9',
    'libvpx',
    'mpeg1video',
    'mpeg2video',
    'mpeg4',
    'msmpeg4',
  ],
  ...[
    'msmpeg4v2',
    'msmpeg4v3',
    'h263',
    'flv',
    'wmv1',
    'wmv2',
    'wmv3',
    'vc1',
    'theora',
    'mjpeg',
    'prores',
    'dnxhd',
    'dvvideo',
    'ffv1',
    'gif',
  ],
  ...['rawvideo', 'v210'],
]

const AUDIO_DECODERS = [
  ...[
    'aac',
    'aac_latm',
    'mp3float',
    'mp3',
    'mp2float',
    'mp2',
    'ac3',
    'eac3',
    'dca',
    'opus',
    'libopus',
    'vorbis',
    'flac',
    'alac',
    'truehd',
  ],
  ...[
    'wmav1',
    'wmav2',
    'wmapro',
    'amrnb',
    'amrwb',
    'nellymoser',
    'adpcm_ima_qt',
    'adpcm_ima_wav',
    'adpcm_ms',
    'adpcm_swf',
  ],
  ...[
    'pcm_s16le',
    'pcm_s16be',
    'pcm_s24le',
    'pcm_s24be',
    'pcm_s32le',
    'pcm_s32be',
    'pcm_f32le',
    'pcm_f32be',
    'pcm_f64le',
    'pcm_u8',
    'pcm_s8',
  ],
  ...['pcm_alaw', 'pcm_mulaw', 'pcm_bluray', 'pcm_dvd'],
]

/** Never decoded (`-sn`, and cover art is not mapped), but ffprobe gives up on a file if it may not open the decoder of any stream. */
const SIDE_DECODERS = [
  ...['pgssub', 'dvdsub', 'dvbsub', 'subrip', 'srt', 'ass', 'ssa', 'mov_text', 'webvtt', 'text', 'cc_dec', 'png'],
]

/** 8K is 33.2 million pixels; the next size up is a bomb. */
export const MAX_PIXELS = 36_000_000
export const MAX_STREAMS = 32

/** The names ffprobe reports for the decoders above: a decoder called `libdav1d` decodes the codec `av1`. */
export const READABLE_CODECS: ReadonlySet<string> = new Set([
  ...VIDEO_DECODERS,
  ...AUDIO_DECODERS,
  'dts',
  'amr_nb',
  'amr_wb',
  'flv1',
])

/** The path of what comes on standard input, for the commands that can read a source from its first byte to its last. */
export const STREAM = 'pipe:0'

/**
 * The input options that every ffprobe and ffmpeg command carries. Only plain files, only these containers and decoders.
 * @param path of the input, where it may be `STREAM`: then nothing else can be opened
 */
export function inputLimits(path?: string): string[] {
  return [
    ...['-protocol_whitelist', path === STREAM ? 'pipe' : 'file'],
    ...['-format_whitelist', CONTAINERS.join(',')],
    ...['-codec_whitelist', [...VIDEO_DECODERS, ...AUDIO_DECODERS, ...SIDE_DECODERS].join(',')],
    ...['-max_pixels', String(MAX_PIXELS)],
    ...['-max_streams', String(MAX_STREAMS * 2)],
  ]
}

/** How much of a file FFmpeg may read when it opens it; where the header tells all, it need not decode what it reads. */
export const opening = ({ told }: { told?: boolean }): string[] => [
  ...['-probesize', '20M'],
  ...(told ? ['-nofind_stream_info'] : []),
]

/** A path as FFmpeg's file protocol takes it, so that a name such as `concat:a|b` or `-y` is only ever a name. */
export const fileUrl = (path: string): string => (path === STREAM ? STREAM : `file:${path}`)
