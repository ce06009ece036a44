/** Addresses of comments. */
import * as contract from '../../contract/comments.ts'
import { type AnyRoute, route } from '../../platform/http/http.ts'
import * as comments from './comments.ts'

export const routes: AnyRoute[] = [
  route(contract.listComments, (app, { viewer, params, query }) =>
    comments.listComments(app, viewer, params.videoId, query),
  ),
  route(contract.listReplies, (app, { viewer, params, query }) =>
    comments.listReplies(app, viewer, params.videoId, params.commentId, query),
  ),
  route(contract.getComment, (app, { viewer, params }) =>
    comments.getComment(app, viewer, params.videoId, params.commentId),
  ),
  route(contract.postComment, (app, { viewer, params, body }) =>
    comments.postComment(app, viewer, params.videoId, body),
  ),
  route(contract.editComment, (app, { viewer, params, body }) =>
    comments.editComment(app, viewer, params.videoId, params.commentId, body.text),
  ),
  route(contract.removeComment, (app, { viewer, params }) =>
    comments.removeComment(app, viewer, params.videoId, params.commentId),
  ),
  route(contract.likeComment, (app, { viewer, params, body }) =>
    comments.likeComment(app, viewer, params.videoId, params.commentId, body.liked),
  ),
  route(contract.markComment, (app, { viewer, params, body }) =>
    comments.markComment(app, viewer, params.videoId, params.commentId, body),
  ),
  route(contract.listHeldComments, (app, { viewer, query }) => comments.listHeld(app, viewer, query)),
]
