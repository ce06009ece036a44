/** Addresses of notifications. */
import * as contract from '../../contract/notifications.ts'
import { type AnyRoute, route } from '../../platform/http/http.ts'
import { tellAccount } from './live.ts'
import * as notifications from './notifications.ts'

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
  {
    kind: 'socket',
    path: '/api/me/live',
    says: 'Notifications of the account as they come: contract/notifications.ts, NotificationNews.',
    open: tellAccount,
  },
]
