/** Addresses of reactions. */
import * as contract from '../../contract/reactions.ts'
import { type AnyRoute, route } from '../../platform/http/http.ts'
import * as reactions from './reactions.ts'

export const routes: AnyRoute[] = [
  route(contract.getReactions, (app, { viewer, params }) => reactions.getReactions(app, viewer, params.videoId)),
  route(contract.setReaction, (app, { viewer, params, body }) =>
    reactions.setReaction(app, viewer, params.videoId, body.reaction),
  ),
  route(contract.listLikedVideos, (app, { viewer, query }) => reactions.listLiked(app, viewer, query)),
]
