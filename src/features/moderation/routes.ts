/** Addresses of moderation. */
import * as contract from '../../contract/moderation.ts'
import { type AnyRoute, route } from '../../platform/http/http.ts'
import { listWords } from '../trust/trust.ts'
import * as moderation from './moderation.ts'

export const routes: AnyRoute[] = [
  route(contract.reportContent, (app, { viewer, body }) => moderation.report(app, viewer, body)),
  route(contract.listMyReports, (app, { viewer, query }) => moderation.listMine(app, viewer, query)),
  route(contract.listReports, (app, { viewer, query }) => moderation.listReports(app, viewer, query)),
  route(contract.getReport, (app, { viewer, params }) => moderation.getReport(app, viewer, params.reportId)),
  route(contract.writeToReport, (app, { viewer, params, body }) =>
    moderation.write(app, viewer, params.reportId, body),
  ),
  route(contract.handleReport, (app, { viewer, params, body }) =>
    moderation.handle(app, viewer, params.reportId, body),
  ),
  route(contract.hideVideo, (app, { viewer, params, body }) =>
    moderation.hideVideo(app, viewer, params.videoId, body.reason),
  ),
  route(contract.restoreVideo, (app, { viewer, params }) => moderation.restoreVideo(app, viewer, params.videoId)),
  route(contract.hideComment, (app, { viewer, params, body }) =>
    moderation.hideComment(app, viewer, params.videoId, params.commentId, body.reason),
  ),
  route(contract.restoreComment, (app, { viewer, params }) =>
    moderation.restoreComment(app, viewer, params.videoId, params.commentId),
  ),
  route(contract.suspendAccount, (app, { viewer, params, body }) =>
    moderation.suspend(app, viewer, params.accountId, body),
  ),
  route(contract.reinstateAccount, (app, { viewer, params }) => moderation.reinstate(app, viewer, params.accountId)),
  route(contract.listReview, (app, { viewer }) => moderation.listReview(app, viewer)),
  route(contract.passVideo, (app, { viewer, params }) => moderation.passVideo(app, viewer, params.videoId)),
  route(contract.listWaitingAccounts, (app) => moderation.listWaiting(app)),
  route(contract.admitAccount, (app, { viewer, params }) => moderation.admit(app, viewer, params.accountId)),
  route(contract.declineAccount, (app, { viewer, params }) => moderation.decline(app, viewer, params.accountId)),
  route(contract.listWatchedWords, (app) => listWords(app)),
  route(contract.setWatchedWords, (app, { viewer, body }) => moderation.setWords(app, viewer, body.items)),
  route(contract.listBlocks, (app, { viewer }) => moderation.listBlocks(app, viewer)),
  route(contract.setBlock, (app, { viewer, params, body }) => moderation.block(app, viewer, params.handle, body.kind)),
  route(contract.removeBlock, (app, { viewer, params }) => moderation.unblock(app, viewer, params.handle)),
]
