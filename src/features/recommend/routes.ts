/** Addresses of recommendations. */
import * as contract from '../../contract/recommend.ts'
import { type AnyRoute, route } from '../../platform/http/http.ts'
import * as recommend from './recommend.ts'

export const routes: AnyRoute[] = [
  route(contract.recommendHome, (app, { asked, viewer, query }) =>
    recommend.home(app, viewer, { ...query, ...recommend.askerOf(asked) }, asked.headers['accept-language']),
  ),
  route(contract.recommendNext, (app, { asked, viewer, params, query }) =>
    recommend.upNext(
      app,
      viewer,
      params.videoId,
      { ...query, ...recommend.askerOf(asked) },
      asked.headers['accept-language'],
    ),
  ),
  route(contract.pinNext, (app, { viewer, params, body }) => recommend.pinNext(app, viewer, params.videoId, body.next)),
  route(contract.addWish, (app, { viewer, body }) => recommend.addWish(app, viewer.accountId!, body)),
  route(contract.removeWish, (app, { viewer, params }) => recommend.removeWish(app, viewer.accountId!, params)),
  route(contract.removeWishes, (app, { viewer }) => recommend.removeWishes(app, viewer.accountId!)),
  route(contract.getTastes, (app, { viewer }) => recommend.tastes(app, viewer.accountId!)),
  route(contract.chooseTopics, (app, { viewer, body }) => recommend.chooseTopics(app, viewer.accountId!, body.topics)),
  route(contract.getRecommendFigures, (app) => recommend.figuresOfPages(app)),
  route(contract.serveModel, (app, { params }) => recommend.serveVersion(app, params.version)),
  route(contract.beginExperiment, (app, { body }) => recommend.beginExperiment(app, body.name, body.arms)),
  route(contract.endExperiment, (app, { params }) => recommend.endExperiment(app, params.name)),
  route(contract.resetTastes, (app, { viewer }) => recommend.resetTastes(app, viewer.accountId!)),
]
