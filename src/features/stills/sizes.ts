/** A thumbnail in several sizes, as WebP and AVIF: drawn from its JPEG in the jail, once somebody's browser has asked for one. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PICTURE_FORMS, PICTURE_WIDTHS, sizedKey, sizesArgs } from '../../media/pictures.ts'
import type { App } from '../../platform/app.ts'
import type { JobContext } from '../../platform/queue/work.ts'
import { lookLimits, runJailed } from '../sources/sources.ts'

/** Makes what is missing. A format that the machine's FFmpeg cannot write is left out: the JPEG is served in its place. */
export async function runSizes(
  app: App,
  { videoId, key }: { videoId: string; key: string },
  context: JobContext,
): Promise<void> {
  const source = await app.blobs.localPath(key)
  if (!source) return
  const folder = await mkdtemp(join(tmpdir(), 'vitascope-sizes-'))
  try {
    for (const form of PICTURE_FORMS) {
      const outputFolder = await mkdtemp(join(folder, form))
      const args = sizesArgs(app.jail.inputName(source.path), app.jail.outputName(outputFolder), form)
      const run = {
        program: 'ffmpeg' as const,
        args,
        inputPath: source.path,
        outputFolder,
        pipes: 0,
        limits: lookLimits,
      }
      const outcome = await runJailed(app, run, context.signal)
      if (!outcome.ok) {
        app.log.warn({ videoId, key, form, stderr: outcome.stderr.slice(-300) }, 'sizes of a thumbnail were not made')
        continue
      }
      for (const width of PICTURE_WIDTHS)
        await app.blobs.put(sizedKey(key, width, form), await readFile(join(outputFolder, `${width}.${form}`)))
    }
  } finally {
    await source.release()
    await rm(folder, { recursive: true, force: true })
  }
}
