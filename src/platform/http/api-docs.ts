/** The API documentation, served by the API itself: OpenAPI for machines, a readable page for people. */
import { openApi } from '../../contract/openapi.ts'
import { apiPage } from './api-page.ts'
import type { RawRoute } from './http.ts'

export function apiDocRoutes(): RawRoute[] {
  return [
    {
      kind: 'raw',
      methods: ['GET', 'HEAD'],
      path: '/api/openapi.json',
      says: 'The API in OpenAPI 3.1.',
      anonymous: true,
      handle: async () => ({
        status: 200,
        headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'public, max-age=300' },
        body: documents().json,
        compress: true,
      }),
    },
    {
      kind: 'raw',
      methods: ['GET', 'HEAD'],
      path: '/api/docs',
      says: 'The API as a page to read.',
      anonymous: true,
      handle: async () => ({
        status: 200,
        headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'public, max-age=300' },
        body: documents().page,
        compress: true,
      }),
    },
  ]
}

let made: { json: string; page: string } | undefined
/** Made when first asked for: the contract does not change while the process lives. */
function documents(): { json: string; page: string } {
  made ??= { json: JSON.stringify(openApi()), page: apiPage() }
  return made
}
