/** Addresses of signing in elsewhere. */
import type { AnyRoute } from '../../platform/http/http.ts'
import * as oidc from './oidc.ts'

export const routes: AnyRoute[] = [
  {
    kind: 'raw',
    methods: ['GET'],
    path: '/sign-in/elsewhere',
    says: 'Leads to the OpenID Connect provider of this platform, to sign in there, or to tie the account that asks to it.',
    handle: oidc.goElsewhere,
  },
  {
    kind: 'raw',
    methods: ['GET'],
    path: '/sign-in/elsewhere/callback',
    says: 'Where the provider sends the browser back to.',
    handle: oidc.comeBack,
  },
]
