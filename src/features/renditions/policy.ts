/** When renditions of a channel's videos are made: as the site does, but for what an administrator has decided for it. */

import { refuse } from '../../contract/refusals.ts'
import type { ChannelPolicy, MediaPolicy } from '../../contract/renditions.ts'
import type { App } from '../../platform/app.ts'
import type { Viewer } from '../../platform/http/http.ts'
import { noteAct } from '../audit/audit.ts'
import { channelFor, findChannel } from '../channels/channels.ts'
import { siteSettings } from '../site/site.ts'
import * as rules from './rules.ts'
import * as store from './store.ts'

type Decided = { [Name in keyof MediaPolicy]?: MediaPolicy[Name] | undefined }

/** What holds for a channel, for its team. Refuses channel_not_found, not_allowed. */
export async function getPolicy(app: App, viewer: Viewer, handle: string): Promise<ChannelPolicy> {
  const row = await channelFor(app, viewer, handle, 'owner', 'editor', 'viewer')
  return { own: rules.policyFrom(row), site: rules.policyOfSite(await siteSettings(app)) }
}

/** Decides for one channel, and writes it into the book of staff. What is not given follows the site. Refuses channel_not_found. */
export async function decidePolicy(app: App, viewer: Viewer, handle: string, given: Decided): Promise<ChannelPolicy> {
  return app.together(async (app) => {
    const channelId = await setPolicy(app, handle, given)
    await noteAct(app, viewer, 'channel.policy', { kind: 'channel', id: channelId }, { handle, ...given })
    const row = await findChannel(app, handle)
    return { own: rules.policyFrom(row), site: rules.policyOfSite(await siteSettings(app)) }
  })
}

/** The same for who runs the machine. Returns the id of the channel. Refuses channel_not_found. */
export async function setPolicy(app: App, handle: string, given: Decided): Promise<string> {
  return (await store.setPolicy(app, handle, rules.columnsOf(given))) ?? refuse('channel_not_found')
}
