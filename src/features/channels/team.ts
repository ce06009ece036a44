/** Who works on a channel: invitations, roles, and the day it changes hands. */
import type { TeamMember, TeamRole } from '../../contract/channels.ts'
import { isRefusal, refuse } from '../../contract/refusals.ts'
import { channelRef } from '../../contract/shapes.ts'
import type { App } from '../../platform/app.ts'
import type { Viewer } from '../../platform/http/http.ts'
import { notify } from '../notifications/notifications.ts'
import { handOver } from '../videos/videos.ts'
import { channelFor, channelOf, findChannel } from './channels.ts'
import * as rules from './rules.ts'
import * as store from './store.ts'

/** The channels an account owns, works for or is invited to. */
export async function listMyChannels(app: App, viewer: Viewer) {
  const rows = await store.listMine(app, viewer.accountId!)
  return { items: rows.map((row) => ({ ...channelRef(row), role: row.role, accepted: row.accepted })) }
}

/** Who works for a channel besides its account. For its team. */
export async function listTeam(app: App, viewer: Viewer, handle: string): Promise<{ items: TeamMember[] }> {
  const channel = await channelFor(app, viewer, handle, ...rules.TEAM)
  return teamOf(app, channel.channel_id)
}

async function teamOf(app: App, channelId: string): Promise<{ items: TeamMember[] }> {
  const rows = await store.listTeam(app, channelId)
  return { items: rows.map((row) => ({ channel: channelRef(row), role: row.role, accepted: row.accepted })) }
}

/** Invites somebody, or changes their role. Who is invited hears of it, and is in the team once they have accepted. */
export async function setTeamMember(app: App, viewer: Viewer, handle: string, member: string, role: TeamRole) {
  const channel = await channelFor(app, viewer, handle, ...rules.OWNERS)
  const accountId = await accountOf(app, member)
  if (accountId === channel.account_id) return refuse('own_channel')
  await app.together(async (app) => {
    const team = await store.listTeam(app, channel.channel_id)
    if (team.length >= rules.MOST_IN_TEAM && !team.some((it) => it.account_id === accountId))
      return refuse('too_many', `a team has at most ${rules.MOST_IN_TEAM} people`)
    if (!(await store.saveMember(app, channel.channel_id, accountId, role))) return
    await notify(app, [
      {
        accountId,
        kind: 'team_invitation',
        subject: channel.channel_id,
        body: { actor: await channelOf(app, viewer.accountId!), channel: channelRef(channel) },
      },
    ])
  })
  return teamOf(app, channel.channel_id)
}

/** Joins the team. Refuses not_found without an invitation. */
export async function acceptInvitation(app: App, viewer: Viewer, handle: string): Promise<void> {
  const { channel_id } = await findChannel(app, handle)
  if (!(await store.acceptMember(app, channel_id, viewer.accountId!))) refuse('not_found')
}

/** Owners take anybody out; everybody may go. */
export async function removeTeamMember(app: App, viewer: Viewer, handle: string, member: string): Promise<void> {
  const accountId = await accountOf(app, member)
  const channel =
    accountId === viewer.accountId
      ? await findChannel(app, handle)
      : await channelFor(app, viewer, handle, ...rules.OWNERS)
  await store.deleteMember(app, channel.channel_id, accountId)
}

/**
 * Gives a channel, and what its owner had published on it, to somebody who has joined its team as owner. Only the account
 * that has it may, and whoever answers for the machine.
 */
export async function transferChannel(app: App, viewer: Viewer, handle: string, to: string): Promise<void> {
  const channel = await findChannel(app, handle)
  if (channel.account_id !== viewer.accountId && viewer.role !== 'admin') return refuse('not_allowed')
  const accountId = await accountOf(app, to)
  await app.together(async (app) => {
    await store.lockAccount(app, channel.account_id)
    const part = await store.findRole(app, channel.channel_id, accountId)
    if (!part?.accepted || part.role !== 'owner')
      return refuse('not_allowed', 'the new owner must be in the team as owner')
    if ((await store.countOfAccount(app, channel.account_id)) < 2) return refuse('last_channel')
    await store.deleteMember(app, channel.channel_id, accountId)
    await store.updateChannel(app, channel.channel_id, { account_id: accountId })
    await handOver(app, channel.channel_id, channel.account_id, accountId)
  })
  app.log.info({ channelId: channel.channel_id, from: channel.account_id, to: accountId }, 'channel transferred')
}

async function accountOf(app: App, handle: string): Promise<string> {
  try {
    return (await findChannel(app, handle)).account_id
  } catch (thrown) {
    if (isRefusal(thrown, 'channel_not_found')) return refuse('account_not_found')
    throw thrown
  }
}
