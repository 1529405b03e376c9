import { randomUUID } from 'node:crypto'
import type { TokenCredential } from '@azure/identity'
import type { Endpoint } from '../../adapters/graph/endpoint.ts'
import type { Config } from '../../config/load.ts'
import { isRefusal } from '../../core/connections/connection.ts'
import { refusalInWords } from '../../core/connections/words.ts'
import { objectConnections } from '../connections.ts'
import type { Proof } from './proof.ts'

/** Object connections are offered in the global cloud only. */
const GLOBAL_CLOUD = 'https://graph.microsoft.com'

/**
 * Whether the service may be asked for object connections, by asking for an id that no job can
 * have. The connector runs without them, so nothing here fails.
 */
export async function proveConnections(
  config: Config,
  endpoint: Endpoint,
  credential: TokenCredential,
): Promise<Proof[]> {
  if (config.OBJECT_CONNECTIONS === 'off') return []
  const what = 'object connections'
  if (endpoint.origin.startsWith('https:') && endpoint.origin !== GLOBAL_CLOUD)
    return [
      { what, outcome: 'not known', say: 'are offered in the global cloud only; OBJECT_CONNECTIONS=off' },
    ]
  const connections = objectConnections(config, endpoint, credential, Date.now)
  const answer = await connections.find(randomUUID(), AbortSignal.timeout(config.HTTP_TIMEOUT_MS))
  return isRefusal(answer)
    ? [{ what, outcome: 'not known', say: `${refusalInWords(answer)}; or set OBJECT_CONNECTIONS=off` }]
    : [{ what, outcome: 'ok', say: 'can be asked for before an operation is given up' }]
}
