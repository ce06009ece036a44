/** Jobs of notifications. */
import { handler, type JobHandler } from '../../platform/queue/work.ts'
import { fileRefused, videoStepped } from '../videos/videos.ts'
import { mailNotice, sendLetter, tellRefusedFile, tellStep } from './notifications.ts'
import { pushNotice, sendPush } from './push.ts'

export const jobs: JobHandler[] = [
  handler(videoStepped, tellStep),
  handler(fileRefused, tellRefusedFile),
  handler(mailNotice, sendLetter),
  handler(pushNotice, sendPush),
]
