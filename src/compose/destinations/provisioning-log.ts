import type { TokenCredential } from '@azure/identity'
import { type Graph, graphClient } from '../../adapters/graph/client.ts'
import type { Endpoint } from '../../adapters/graph/endpoint.ts'
import { graphLog, logWindow } from '../../adapters/graph/provisioning.ts'
import { queryOrigin } from '../../adapters/log-analytics/endpoint.ts'
import { logAnalyticsLog } from '../../adapters/log-analytics/log.ts'
import type { Config } from '../../config/load.ts'
import type { ProvisioningLog } from '../../core/ports.ts'
import type { Runtime } from '../../core/runtime.ts'
import { LOG_WINDOW_MS } from '../settings.ts'

export interface LogAccess {
  readonly graph: Graph
  readonly endpoint: Endpoint
  readonly credential: TokenCredential
  readonly runtime: Pick<Runtime, 'now' | 'sleep'>
}

/** The provisioning log, from the one place that the configuration names. */
export function provisioningLog(
  config: Config,
  { graph, endpoint, credential, runtime }: LogAccess,
): ProvisioningLog {
  const window = logWindow({ requests: config.LOG_REQUESTS_PER_10S, windowMs: LOG_WINDOW_MS }, runtime)
  const { LOG_ANALYTICS_WORKSPACE: id, LOG_PAGE: top } = config
  if (id === null) return graphLog(graph, endpoint, window, top, runtime)
  const origin = queryOrigin(config.LOG_ANALYTICS_ENDPOINT, config.PROVISIONING_ALLOW_HTTP)
  const client = graphClient({ origin, version: 'v1' }, credential, config.HTTP_TIMEOUT_MS, runtime.now)
  return logAnalyticsLog(client, { id, jobId: endpoint.jobId, top }, window, runtime)
}
