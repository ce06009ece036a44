/** The port of transcription: a program that listens to speech and writes what was said, with times. */

export interface Transcriber {
  /**
   * Listens to a WAV file (16 kHz, one channel) and returns WebVTT or SubRip. `language` is a BCP 47 tag, or `auto`.
   * Throws when the program fails or is over its time; aborts with the signal.
   */
  transcribe(wavPath: string, language: string, signal: AbortSignal): Promise<Uint8Array>
}
