/** What the pages of one's own account and of staff read. */
import { queryOptions } from '@tanstack/react-query'
import { call } from '../api.ts'

export const siteQuery = queryOptions({ queryKey: ['site'], queryFn: () => call('getSite'), staleTime: 60_000 })
export const devicesQuery = queryOptions({ queryKey: ['devices'], queryFn: () => call('listDevices') })
export const tokensQuery = queryOptions({ queryKey: ['tokens'], queryFn: () => call('listTokens') })
export const passkeysQuery = queryOptions({ queryKey: ['passkeys'], queryFn: () => call('listPasskeys') })
export const webhooksQuery = queryOptions({ queryKey: ['webhooks'], queryFn: () => call('listWebhooks') })

export const reviewQuery = queryOptions({ queryKey: ['staff', 'review'], queryFn: () => call('listReview') })
export const signUpsQuery = queryOptions({
  queryKey: ['staff', 'sign-ups'],
  queryFn: () => call('listWaitingAccounts'),
})
export const wordsQuery = queryOptions({ queryKey: ['staff', 'words'], queryFn: () => call('listWatchedWords') })

export const healthQuery = queryOptions({
  queryKey: ['staff', 'health'],
  queryFn: async () => ({ health: await call('getHealth'), space: await call('getSpace') }),
})
export const siteSettingsQuery = queryOptions({ queryKey: ['staff', 'site'], queryFn: () => call('getSiteSettings') })
export const announcementsQuery = queryOptions({
  queryKey: ['staff', 'announcements'],
  queryFn: () => call('listAnnouncements'),
})
