/** Jobs of accounts. */
import { handler, type JobHandler } from '../../platform/queue/work.ts'
import { mailKey, mailSecurityNotice, sendKey, sendSecurityNotice } from './letters.ts'

export const jobs: JobHandler[] = [handler(mailKey, sendKey), handler(mailSecurityNotice, sendSecurityNotice)]
