/** The jobs of search. */
import { handler, type JobHandler } from '../../platform/queue/work.ts'
import { encodeVideos, runEncode } from './meaning/meaning.ts'

export const jobs: JobHandler[] = [handler(encodeVideos, (app, _input, { signal }) => runEncode(app, signal))]
