/** Addresses of administration. */
import * as contract from '../../contract/administration.ts'
import { type AnyRoute, route } from '../../platform/http/http.ts'
import * as administration from './administration.ts'

export const routes: AnyRoute[] = [
  route(contract.listAccounts, (app, { query }) => administration.listAccounts(app, query)),
  route(contract.getAccount, (app, { params }) => administration.getAccount(app, params.accountId)),
  route(contract.changeAccount, (app, { viewer, params, body }) =>
    administration.changeAccount(app, viewer, params.accountId, body),
  ),
  route(contract.signOutAccount, (app, { viewer, params }) => administration.signOut(app, viewer, params.accountId)),
  route(contract.resetSecondFactor, (app, { viewer, params }) =>
    administration.resetSecondFactor(app, viewer, params.accountId),
  ),
  route(contract.removeAccount, (app, { viewer, params }) => administration.remove(app, viewer, params.accountId)),
  route(contract.listEveryVideo, (app, { viewer, query }) => administration.listVideos(app, viewer, query)),
  route(contract.listJobs, (app, { query }) => administration.listJobs(app, query)),
  route(contract.changeJob, (app, { viewer, params, body }) =>
    administration.changeJob(app, viewer, params.jobId, body),
  ),
  route(contract.cancelJob, (app, { viewer, params }) => administration.cancelJob(app, viewer, params.jobId)),
  route(contract.getSpace, (app) => administration.getSpace(app)),
  route(contract.getHealth, (app) => administration.getHealth(app)),
  route(contract.listStaffActs, (app, { query }) => administration.listActs(app, query)),
]
