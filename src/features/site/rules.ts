/** What holds on a site whose staff has chosen nothing, and which announcements are shown now. Pure. */
import type { SiteSettings } from '../../contract/site.ts'
import type { Config } from '../../platform/config.ts'

/** As the settings of the machine say, where they say something. */
export function defaultSettings(config: Config): SiteSettings {
  return {
    name: 'Vitascope',
    summary: '',
    about: '',
    terms: '',
    signUp: config['accounts.sign_up'],
    verifiedOnly: false,
    review: false,
    newDays: 3,
    newVideosPerDay: 20,
    newCommentsPerHour: 30,
    quotaBytes: config['accounts.quota_bytes'],
    eagerShortSide: config['transcode.eager_short_side'],
    completeAfterMinutes: config['renditions.complete_after_minutes'],
    secondCodecsAfterMinutes: config['renditions.second_codecs_after_minutes'],
    evictAfterDays: config['renditions.evict_after_days'],
  }
}

export function isShown(it: { from_at: Date; until_at: Date | null }, now: Date): boolean {
  return it.from_at <= now && (it.until_at === null || it.until_at > now)
}

/** More announcements than this nobody reads. */
export const MOST_ANNOUNCEMENTS = 50
