/**
 * How the engine fetches: playlists that came with the page need no network, and a piece that is still being made is
 * waited for, because that is not an error. Everything else is one plain fetch with the credentials mode of the
 * page's preload links, so that what was preloaded is used and not fetched again.
 */
import type {
  HlsConfig,
  Loader,
  LoaderCallbacks,
  LoaderConfiguration,
  LoaderContext,
  LoaderResponse,
  LoaderStats,
} from 'hls.js'

export interface LoaderHouse {
  /** Texts of playlists by absolute address. */
  inlined: ReadonlyMap<string, string>
  /** Headers that tell the server how the playback goes, for requests that may carry them. */
  saying(context: LoaderContext): Record<string, string>
  stillMaking(waiting: boolean): void
  /** The server says that these addresses do not work (any more). */
  refused(status: number): void
}

/** A piece is waited for this long in all; the server itself waits with the request before it says 503. */
const PATIENCE_MS = 90_000
const LONGEST_PAUSE_MS = 5_000
const REFUSED = new Set([401, 403, 404, 410])

/** Makes the loader class of one playback, in the form hls.js takes. */
export function loaderFor(house: LoaderHouse): { new (config: HlsConfig): Loader<LoaderContext> } {
  return class PieceLoader implements Loader<LoaderContext> {
    context: LoaderContext | null = null
    stats: LoaderStats = newStats()
    #callbacks: LoaderCallbacks<LoaderContext> | undefined
    #stop = new AbortController()
    #response: Response | undefined

    load(context: LoaderContext, config: LoaderConfiguration, callbacks: LoaderCallbacks<LoaderContext>): void {
      this.context = context
      this.#callbacks = callbacks
      this.stats.loading.start = performance.now()
      const text = house.inlined.get(context.url)
      if (text === undefined) this.#fetch(context, config).catch(() => this.#fail(0, 'the loader broke'))
      else queueMicrotask(() => this.#give(context, text, context.url, 200))
    }

    async #fetch(context: LoaderContext, config: LoaderConfiguration): Promise<void> {
      const patientUntilMs = performance.now() + PATIENCE_MS
      for (;;) {
        const response = await this.#ask(context, config)
        if (!response) return
        if (response.status === 503 && performance.now() < patientUntilMs) {
          house.stillMaking(true)
          await pause(retryAfterMs(response), this.#stop.signal)
          if (this.#stop.signal.aborted) return
          // The time of waiting says nothing about the network, which is what the engine measures.
          this.stats.loading.start = performance.now()
          continue
        }
        if (response.status === 503 || response.ok) house.stillMaking(false)
        if (!response.ok) {
          if (REFUSED.has(response.status)) house.refused(response.status)
          this.#fail(response.status, response.statusText)
        }
        return
      }
    }

    /** One request. Hands the body over when there is one; undefined when it ended in time-out, error or abort. */
    async #ask(context: LoaderContext, config: LoaderConfiguration): Promise<Response | undefined> {
      const attempt = new AbortController()
      const { maxTimeToFirstByteMs, maxLoadTimeMs } = config.loadPolicy
      let late = false
      const giveUp = () => {
        late = true
        attempt.abort()
      }
      let timer = setTimeout(giveUp, Math.min(maxTimeToFirstByteMs || maxLoadTimeMs, maxLoadTimeMs))
      const follow = () => attempt.abort()
      this.#stop.signal.addEventListener('abort', follow, { once: true })
      try {
        const response = await fetch(context.url, {
          credentials: 'same-origin',
          signal: attempt.signal,
          headers: { ...rangeHeader(context), ...house.saying(context) },
        })
        this.#response = response
        clearTimeout(timer)
        timer = setTimeout(giveUp, maxLoadTimeMs)
        if (!response.ok) return response
        this.stats.loading.first = performance.now()
        this.stats.total = Number(response.headers.get('content-length')) || 0
        const data = await this.#read(response, context.responseType === 'arraybuffer')
        this.#give(context, data, response.url, response.status)
        return response
      } catch (error) {
        if (this.#stop.signal.aborted) return undefined
        if (late) this.#callbacks?.onTimeout(this.stats, context, null)
        else this.#fail(0, error instanceof Error ? error.message : 'the network failed')
        return undefined
      } finally {
        clearTimeout(timer)
        this.#stop.signal.removeEventListener('abort', follow)
      }
    }

    /** Reads chunk by chunk, so that the engine sees a slow download while it is one and can change its mind. */
    async #read(response: Response, binary: boolean): Promise<ArrayBuffer | string> {
      if (!binary || !response.body) return response.text()
      const chunks: Uint8Array<ArrayBuffer>[] = []
      const reader = response.body.getReader()
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        chunks.push(next.value)
        this.stats.loaded += next.value.byteLength
      }
      const whole = new Uint8Array(this.stats.loaded)
      let offset = 0
      for (const chunk of chunks) {
        whole.set(chunk, offset)
        offset += chunk.byteLength
      }
      return whole.buffer
    }

    #give(context: LoaderContext, data: ArrayBuffer | string, url: string, code: number): void {
      if (this.#stop.signal.aborted) return
      const { stats } = this
      const nowMs = performance.now()
      stats.loading.first ||= nowMs
      stats.loading.end = Math.max(nowMs, stats.loading.first)
      stats.loaded = stats.total = typeof data === 'string' ? data.length : data.byteLength
      const answer: LoaderResponse = { url, data, code }
      this.#callbacks?.onProgress?.(stats, context, data, null)
      this.#callbacks?.onSuccess(answer, stats, context, null)
    }

    #fail(code: number, text: string): void {
      if (this.#stop.signal.aborted || !this.context) return
      this.#callbacks?.onError({ code, text }, this.context, null, this.stats)
    }

    abort(): void {
      if (this.#stop.signal.aborted || this.stats.loading.end > 0) return
      this.stats.aborted = true
      this.#stop.abort()
      if (this.context) this.#callbacks?.onAbort?.(this.stats, this.context, null)
    }

    destroy(): void {
      this.#callbacks = undefined
      this.stats.aborted ||= this.stats.loading.end === 0
      this.#stop.abort()
      this.context = null
    }

    getCacheAge(): number | null {
      return null
    }

    getResponseHeader(name: string): string | null {
      return this.#response?.headers.get(name) ?? null
    }
  }
}

function newStats(): LoaderStats {
  return {
    aborted: false,
    loaded: 0,
    retry: 0,
    total: 0,
    chunkCount: 0,
    bwEstimate: 0,
    loading: { start: 0, first: 0, end: 0 },
    parsing: { start: 0, end: 0 },
    buffering: { start: 0, first: 0, end: 0 },
  }
}

function rangeHeader({ rangeStart, rangeEnd }: LoaderContext): Record<string, string> {
  return rangeEnd ? { range: `bytes=${rangeStart ?? 0}-${rangeEnd - 1}` } : {}
}

/** Retry-After (RFC 9110 section 10.2.3), in seconds or as a date; a second where it says nothing sensible. */
export function retryAfterMs(response: { headers: Headers }, nowMs = Date.now()): number {
  const said = response.headers.get('retry-after')
  const waitMs = said === null ? 1000 : /^\d+$/.test(said) ? Number(said) * 1000 : Date.parse(said) - nowMs
  return Number.isFinite(waitMs) ? Math.min(LONGEST_PAUSE_MS, Math.max(200, waitMs)) : 1000
}

/** Resolves after the time, or early when the signal fires. */
function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, durationMs)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** The inlined playlists by the absolute addresses the engine will ask for. */
export function absolutePlaylists(hls: string, playlists: Record<string, string>, page: string): Map<string, string> {
  const main = new URL(hls, page)
  return new Map(Object.entries(playlists).map(([name, text]) => [new URL(name, main).href, text]))
}
