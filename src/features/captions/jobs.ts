/** The jobs of captions. */
import { handler, type JobHandler } from '../../platform/queue/work.ts'
import { takeTexts, transcribe } from './captions.ts'
import { runTranscribe } from './listen.ts'
import { runTakeTexts } from './take.ts'

export const jobs: JobHandler[] = [handler(transcribe, runTranscribe), handler(takeTexts, runTakeTexts)]
