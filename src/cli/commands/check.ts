import type { ServiceBusClient } from '@azure/service-bus'
import { graphClient } from '../../adapters/graph/client.ts'
import { parseEndpoint } from '../../adapters/graph/endpoint.ts'
import { isShared, openLedger } from '../../adapters/ledger-sql/open.ts'
import { maskedLocation } from '../../adapters/ledger-sql/driver/postgres/address.ts'
import { useProxy } from '../../adapters/proxy.ts'
import { busCode, closeWithin, connect } from '../../adapters/service-bus/client.ts'
import { busWitness } from '../../adapters/service-bus/witness.ts'
import { receiverAt } from '../../adapters/service-bus/address.ts'
import { busAddress, credentialOf, ledgerAddress } from '../../compose/connector.ts'
import type { Config } from '../../config/load.ts'
import { readConfig } from '../../compose/config.ts'
import { clockOffset, TOLERABLE_MS } from '../../core/clock.ts'
import type { SourceAddress } from '../../config/rules.ts'
import { RollcallError } from '../../core/errors.ts'
import { type Format, printJson, printTable } from '../support/output.ts'

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
  using _proxied = useProxy(config)
  const findings = [...(await ledger(config)), ...(await bus(config)), ...(await graph(config))]
  if (format === 'json') printJson({ ok: findings.every(({ outcome }) => outcome !== 'failed'), findings })
  else
    printTable(
      ['', '', ''],
      findings.map(({ what, outcome, say }) => [what, outcome, say]),
    )
  return findings.some(({ outcome }) => outcome === 'failed') ? 1 : 0
}

/** A database others may be running on is looked at as by a command beside them: bringing it to this release's schema is for `run`. */
async function ledger(config: Config): Promise<Finding[]> {
  const path = maskedLocation(config.LEDGER)
  const shared = isShared({ location: config.LEDGER })
  let apart: number | null = null
  const there = await attempt(
    'ledger',
    async () => {
      try {
        const opened = await openLedger(
          ledgerAddress(config),
          shared ? { kind: 'write' } : { kind: 'own', patienceMs: 0 },
          Date.now,
        )
        try {
          await opened.ping()
          if (shared) apart = await clockOffset(opened, Date.now)
        } finally {
          await opened.close()
        }
        return `${path} can be written`
      } catch (error) {
        if (error instanceof RollcallError && error.code === 'LedgerInUse')
          return `${path} is in use by a running rollcall`
        // Only of a database `run` makes what is missing; a file like that is another program's.
        if (shared && error instanceof RollcallError && error.code === 'LedgerNotReady') return error.message
        throw error
      }
    },
    'check that LEDGER names a file in a folder this process may write to, or a database it may make tables in',
  )
  return apart === null ? [there] : [there, clock(apart)]
}

function clock(apart: number): Finding {
  const far = `the database is ${Math.abs(apart)} ms ${apart > 0 ? 'ahead' : 'behind'}`
  return Math.abs(apart) > TOLERABLE_MS
    ? {
        what: 'clock',
        outcome: 'failed',
        say: `${far}; instances go by their own clocks: keep this machine and the database by NTP`,
      }
    : { what: 'clock', outcome: 'ok', say: 'agrees with that of the database' }
}

async function bus(config: Config): Promise<Finding[]> {
  let client
  try {
    client = connect(busAddress(config))
  } catch (error) {
    return [
      failed('service bus', error, 'set SERVICEBUS_CONNECTION_STRING, or SERVICEBUS_FQDN and AUTH_MODE'),
    ]
  }
  const open = client
  try {
    const queues: Finding[] = []
    for (const sourceAddress of config.rules.sourceAddresses)
      queues.push(
        await attempt(
          `queue ${sourceAddress.entity}`,
          () => look(open, sourceAddress),
          'check the name, whether it requires sessions, and the role Azure Service Bus Data Receiver',
        ),
      )
    const sendable = (name: string, queue: string, otherwise = ''): Promise<Finding> =>
      attempt(
        `${name} ${queue}`,
        async () => {
          await open.createSender(queue).createMessageBatch()
          return 'can be sent to'
        },
        `check the name, and the role Azure Service Bus Data Sender${otherwise}`,
      )
    if (config.CONTROL_QUEUE !== 'none')
      queues.push(
        await attempt(
          `control ${config.CONTROL_QUEUE}`,
          async () => {
            await busWitness(open, config.CONTROL_QUEUE, 'check').compare(async () => null)
            return 'keeps the state of sessions'
          },
          'it tells a restored ledger from the one that ran last',
        ),
      )
    const outcomes = await sendable('outcomes', config.OUTCOMES_QUEUE)
    if (config.DEAD_LETTER_QUEUE === 'none') return [...queues, outcomes]
    return [
      ...queues,
      outcomes,
      await sendable('copies', config.DEAD_LETTER_QUEUE, '; DEAD_LETTER_QUEUE=none goes without'),
    ]
  } finally {
    await closeWithin(5_000, open.close())
  }
}

/** A queue that requires sessions cannot be peeked as a whole, so its dead-letter queue is asked, which is not so. */
async function look(client: ServiceBusClient, sourceAddress: SourceAddress): Promise<string> {
  const receiver = receiverAt(
    client,
    sourceAddress,
    sourceAddress.sessions ? { subQueueType: 'deadLetter' } : {},
  )
  const waiting = await receiver.peekMessages(1)
  if (sourceAddress.sessions) return 'is there, with sessions'
  return waiting.length === 0 ? 'can be read, and is empty' : 'can be read, and holds messages'
}

async function graph(config: Config): Promise<Finding[]> {
  let endpoint
  let credential
  try {
    if (config.PROVISIONING_ENDPOINT === null)
      throw new RollcallError(
        'ConfigInvalid',
        'PROVISIONING_ENDPOINT is not set; it takes the bulkUpload URL of the portal',
      )
    endpoint = parseEndpoint(config.PROVISIONING_ENDPOINT, config.PROVISIONING_ALLOW_HTTP)
  } catch (error) {
    return [failed('endpoint', error)]
  }
  try {
    credential = credentialOf(config)
  } catch (error) {
    return [failed('identity', error, 'check AUTH_MODE and what it needs')]
  }
  const found = endpoint
  const client = graphClient(found, credential, config.HTTP_TIMEOUT_MS, Date.now)
  const signal = AbortSignal.timeout(config.HTTP_TIMEOUT_MS)
  const status = async (path: string): Promise<number> => {
    const response = await client.get(path, signal)
    await response.body?.cancel()
    return response.status
  }
  const log = await attempt(
    'provisioning log',
    async () =>
      expect200(
        await status(`/auditLogs/provisioning?$filter=jobId eq '${found.jobId}'&$top=1`),
        'can be read',
      ),
    'check that the host can be reached, and grant ProvisioningLog.Read.All to the identity with consent',
  )
  let seen = 0
  const job = await attempt(
    'job',
    async () =>
      expect200(
        (seen = await status(found.uploadPath.replace(/\/bulkUpload$/, ''))),
        'can be read: submission waits while it is paused',
      ),
    'grant Synchronization.Read.All, or go without: a paused job will not be noticed',
  )
  const wrongJob: Finding = {
    what: 'job',
    outcome: 'failed',
    say: 'answered 404; copy PROVISIONING_ENDPOINT from the portal again',
  }
  // There is no way to ask for the right to upload without uploading.
  const upload: Finding = {
    what: 'upload',
    outcome: 'not known',
    say: 'shows with the first batch; it takes SynchronizationData-User.Upload',
  }
  const allowed: Finding = job.outcome === 'failed' ? { ...job, outcome: 'not known' } : job
  return [log, seen === 404 ? wrongJob : allowed, upload]
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
