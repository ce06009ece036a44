/**
 * Transcription by a command in the manner of whisper.cpp, such as
 * `whisper-cli -m /models/ggml-base.bin -l {language} -f {audio} -ovtt -of {output}`: the operator brings program and
 * weights. No shell is involved; words are split at blanks, and the command writes `{output}.vtt` or `{output}.srt`.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Transcriber } from './transcriber.ts'

const run = promisify(execFile)
const TEXT_BYTES = 16 * 1024 * 1024

/** Undefined when no command is set. */
export function commandTranscriber(command: string, limitMinutes: number): Transcriber | undefined {
  const words = command.trim().split(/\s+/)
  if (words[0] === '') return undefined
  return {
    async transcribe(wavPath, language, signal) {
      const folder = await mkdtemp(join(tmpdir(), 'vitascope-transcript-'))
      try {
        const output = join(folder, 'text')
        const values: Record<string, string> = { audio: wavPath, language: language.split('-')[0]!, output }
        const [program, ...args] = words.map((word) =>
          word.replace(/\{(audio|language|output)\}/g, (_, name: string) => values[name]!),
        )
        await run(program!, args, { signal, timeout: limitMinutes * 60_000, maxBuffer: TEXT_BYTES })
        for (const ending of ['vtt', 'srt']) {
          const text = await readFile(`${output}.${ending}`).catch(() => undefined)
          if (text) return text
        }
        throw new Error('the transcriber ended well but wrote neither .vtt nor .srt')
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
  }
}
