/** The jobs of captions. */
import { handler, type JobHandler } from '../../platform/queue/work.ts'
import { transcribe } from './captions.ts'
import { runTranscribe } from './listen.ts'

export const jobs: JobHandler[] = [handler(transcribe, runTranscribe)]
