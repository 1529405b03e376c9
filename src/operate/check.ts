import { graphClient } from '../adapters/graph/client.ts'
import { parseEndpoint } from '../adapters/graph/endpoint.ts'
import { openSqliteLedger } from '../adapters/ledger-sql/sqlite/client.ts'
import { busCode, closeWithin, connect } from '../adapters/service-bus/client.ts'
import { busAddress, credentialOf } from '../compose.ts'
import { type Config, readConfig } from '../config.ts'
import { RollcallError } from '../core/errors.ts'
import { type Format, printJson, printTable } from './output.ts'

type Outcome = 'ok' | 'failed' | 'not known'
interface Finding {
  readonly what: string
  readonly outcome: Outcome
  /** What is there, or what to do. */
  readonly say: string
}

/** Proves what the connector needs, one by one, and changes nothing. 0 when everything it cannot do without works, 1 otherwise. */
export async function check(environment: NodeJS.ProcessEnv, format: Format): Promise<number> {
  const config = readConfig(environment)
  const findings = [await ledger(config), ...(await bus(config)), ...(await graph(config))]
  if (format === 'json') printJson({ ok: findings.every(({ outcome }) => outcome !== 'failed'), findings })
  else
    printTable(
      ['', '', ''],
      findings.map(({ what, outcome, say }) => [what, outcome, say]),
    )
  return findings.some(({ outcome }) => outcome === 'failed') ? 1 : 0
}

async function ledger({ LEDGER: path }: Config): Promise<Finding> {
  return attempt('ledger', async () => {
    try {
      const opened = await openSqliteLedger({ path, patienceMs: 0, now: Date.now })
      await opened.ping()
      await opened.close()
      return `${path} can be written`
    } catch (error) {
      if (error instanceof RollcallError && error.code === 'LedgerInUse') return `${path} is in use by a running rollcall`
      throw error
    }
  })
}

async function bus(config: Config): Promise<Finding[]> {
  let client
  try {
    client = connect(busAddress(config))
  } catch (error) {
    return [failed('service bus', error)]
  }
  const open = client
  try {
    const receiver = open.createReceiver(config.SERVICEBUS_QUEUE)
    const queue = await attempt(
      `queue ${config.SERVICEBUS_QUEUE}`,
      async () => {
        const waiting = await receiver.peekMessages(1)
        return waiting.length === 0 ? 'can be read, and is empty' : 'can be read, and holds messages'
      },
      'check the name, and the role Azure Service Bus Data Receiver',
    )
    const sender = open.createSender(config.OUTCOMES_QUEUE)
    const outcomes = await attempt(
      `outcomes ${config.OUTCOMES_QUEUE}`,
      async () => {
        await sender.createMessageBatch()
        return 'can be sent to'
      },
      'check the name, and the role Azure Service Bus Data Sender',
    )
    return [queue, outcomes]
  } finally {
    await closeWithin(5_000, open.close())
  }
}

async function graph(config: Config): Promise<Finding[]> {
  let endpoint
  try {
    if (config.PROVISIONING_ENDPOINT === null) throw new RollcallError('ConfigInvalid', 'PROVISIONING_ENDPOINT is not set')
    endpoint = parseEndpoint(config.PROVISIONING_ENDPOINT, config.PROVISIONING_ALLOW_HTTP)
  } catch (error) {
    return [failed('endpoint', error)]
  }
  const found = endpoint
  const client = graphClient(found, credentialOf(config), config.HTTP_TIMEOUT_MS, Date.now)
  const signal = AbortSignal.timeout(config.HTTP_TIMEOUT_MS)
  const status = async (path: string): Promise<number> => {
    const response = await client.get(path, signal)
    await response.body?.cancel()
    return response.status
  }
  const log = await attempt(
    'provisioning log',
    async () => expect200(await status(`/auditLogs/provisioning?$filter=jobId eq '${found.jobId}'&$top=1`), 'can be read'),
    'grant ProvisioningLog.Read.All to the identity and consent to it',
  )
  const job = await attempt(
    'job',
    async () => expect200(await status(found.uploadPath.replace(/\/bulkUpload$/, '')), 'can be read: submission waits while it is paused'),
    'grant Synchronization.Read.All, or go without: a paused job will not be noticed',
  )
  // There is no way to ask for the right to upload without uploading.
  const upload: Finding = {
    what: 'upload',
    outcome: 'not known',
    say: 'shows with the first batch; it takes SynchronizationData-User.Upload',
  }
  return [log, job.outcome === 'failed' ? { ...job, outcome: 'not known' } : job, upload]
}

function expect200(status: number, good: string): string {
  if (status === 200) return good
  throw new RollcallError('Unexpected', `answered ${status}`)
}

async function attempt(what: string, work: () => Promise<string>, advice = ''): Promise<Finding> {
  try {
    return { what, outcome: 'ok', say: await work() }
  } catch (error) {
    return failed(what, error, advice)
  }
}

function failed(what: string, error: unknown, advice = ''): Finding {
  const why = error instanceof RollcallError ? error.message : busCode(error)
  return { what, outcome: 'failed', say: advice === '' ? why : `${why}; ${advice}` }
}
