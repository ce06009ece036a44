/** Addresses of notifications. */
import * as contract from '../../contract/notifications.ts'
import { type AnyRoute, route } from '../../platform/http/http.ts'
import { tellAccount } from './live.ts'
import * as notifications from './notifications.ts'
import * as push from './push.ts'
import { STOP_PATH } from './rules.ts'
import { stopByPost, stopLetters } from './stop.ts'

export const routes: AnyRoute[] = [
  route(contract.listNotifications, (app, { viewer, query }) =>
    notifications.listNotifications(app, viewer.accountId!, query),
  ),
  route(contract.readNotifications, (app, { viewer, body }) =>
    notifications.readNotifications(app, viewer.accountId!, body.ids),
  ),
  route(contract.removeNotification, (app, { viewer, params }) =>
    notifications.removeNotification(app, viewer.accountId!, params.notificationId),
  ),
  route(contract.getNotificationSettings, (app, { viewer }) => notifications.getSettings(app, viewer.accountId!)),
  route(contract.setNotificationSettings, (app, { viewer, body }) =>
    notifications.setSettings(app, viewer.accountId!, body.items),
  ),
  route(contract.stopLetters, (app, { body }) => stopLetters(app, body.key)),
  {
    kind: 'raw',
    methods: ['POST'],
    path: STOP_PATH,
    says: 'Ends letters of one kind with one click in a mail program (RFC 8058); what is posted is not read.',
    handle: stopByPost,
  },
  route(contract.getPush, (app, { viewer }) => push.getPush(app, viewer)),
  route(contract.addPush, (app, { viewer, body }) => push.addPush(app, viewer, body)),
  route(contract.removePush, (app, { viewer, params }) => push.removePush(app, viewer.accountId!, params.pushId)),
  {
    kind: 'socket',
    path: '/api/me/live',
    says: 'Notifications of the account as they come: contract/notifications.ts, NotificationNews.',
    open: tellAccount,
  },
]
