/**
 * The search engine in an OpenSearch keeps the promises of the port. Needs a server, for none comes in a package:
 * `TEST_OPENSEARCH=http://127.0.0.1:9200 npm test -- test/conformance/opensearch.test.ts`.
 */
import { test } from 'vitest'
import { openSearchEngine } from '../../src/features/search/engine/opensearch/opensearch-engine.ts'
import { searchConformance } from './search.ts'

const address = process.env.TEST_OPENSEARCH

if (address) searchConformance('search in OpenSearch', async () => openSearchEngine(address, `test-${Date.now()}`))
else test.skip('search in OpenSearch: no address of a server is given in TEST_OPENSEARCH', () => {})
