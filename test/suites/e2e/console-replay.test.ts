import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { closeWithin, connect } from '../../../src/adapters/service-bus/client.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import { type Broker, startBroker } from '../../../src/local/service-bus/broker.ts'
import { readLedger } from '../../adapters/support/read-ledger.ts'
import { until } from '../../adapters/support/until.ts'
import { portOf, start } from '../../fakes/rollcall.ts'
import { type Came, formIn, send } from '../../http/console/acts/visitor.ts'
import type { Door } from '../../http/console/office.ts'
import { configOf } from '../../local/service-bus/support.ts'

const QUEUE = 'hr-events'
/** More than a page of the console holds. */
const TOTAL = 60
/** Dead letters a second of the run that the process is stopped in. */
const RATE = 20

/** A bus with dead letters, and connectors on one ledger that leave the queue alone. */
async function siteIn(stack: AsyncDisposableStack) {
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'rollcall-console-')))
  const broker = await startBroker({
    config: configOf({ [QUEUE]: { DeadLetteringOnMessageExpiration: true } }),
  })
  stack.defer(() => broker.stop())
  await letDie(broker)
  const path = join(folder.path, 'ledger.db')
  const environment = {
    SERVICEBUS_CONNECTION_STRING: broker.connectionString,
    // Nothing is ever sent there.
    PROVISIONING_ENDPOINT: 'http://127.0.0.1:9/v1.0/servicePrincipals/p/synchronization/jobs/j/bulkUpload',
    PROVISIONING_ALLOW_HTTP: 'true',
    AUTH_MODE: 'local',
    CONTROL_QUEUE: 'none',
    DEAD_LETTER_QUEUE: 'none',
    LEDGER: path,
    HTTP_ADDRESS: '127.0.0.1:0',
  }
  const connector = async (): Promise<{ readonly child: ChildProcess; readonly door: Door }> => {
    const child = start(['run', '--loops', 'publish'], environment)
    stack.defer(() => void child.kill('SIGKILL'))
    const at = `http://127.0.0.1:${await portOf(child)}`
    const get: Door['get'] = (path, init) => fetch(at + path, { redirect: 'manual', ...init })
    await until('the ledger answers', async () => (await get('/replays')).status === 200)
    const post: Door['post'] = (path, form, headers = {}) =>
      get(path, { method: 'POST', body: new URLSearchParams(form), headers })
    return { child, door: { get, post } }
  }
  const ledger = <T>(work: (ledger: Ledger) => Promise<T>): Promise<T> => readLedger(path, work)
  return { broker, connector, ledger }
}

async function letDie(broker: Broker): Promise<void> {
  const client = connect({ kind: 'connection-string', connectionString: broker.connectionString })
  await client.createSender(QUEUE).sendMessages(
    Array.from({ length: TOTAL }, (_, n) => {
      const event = {
        specversion: '1.0',
        id: `e${n}`,
        source: '/hr',
        type: 'worker.updated',
        subject: `p${n}`,
      }
      const body = JSON.stringify({ ...event, data: { worker: { title: 'x' } } })
      return { body: Buffer.from(body), contentType: 'application/cloudevents+json', timeToLive: 1 }
    }),
  )
  await until('all have died', async () => (await broker.counts(QUEUE)).deadLetter === TOTAL)
  await closeWithin(500, client.close())
}

/** Event ids of the messages that wait in the queue. */
async function waitingOn({ connectionString }: Broker): Promise<readonly string[]> {
  const client = connect({ kind: 'connection-string', connectionString })
  const messages = await client.createReceiver(QUEUE, { skipParsingBodyAsJson: true }).peekMessages(TOTAL + 1)
  await closeWithin(500, client.close())
  return messages.map(({ body }) => (JSON.parse(String(body)) as { readonly id: string }).id)
}

const pageOf = async ({ get }: Door, path: string): Promise<string> => (await get(path)).text()

/** Presses one of the two buttons of a preview, with what it asks to be typed. */
function press(door: Door, { text }: Came, which: 'first' | 'all', typed: number): Promise<Came> {
  const form = text.slice(text.indexOf(`id="start-${which}"`))
  const filled = { typed: String(typed), justification: 'the sender is corrected' }
  return send(door, '/replays/start', formIn(form, '/replays/start', filled))
}

const says = (door: Door, run: string, what: RegExp): Promise<void> =>
  until(`${run} says ${what}`, async () => what.test(await pageOf(door, run)), 60_000, 50)

void test('a replay in the console sends each dead letter of a real queue once: the first ten, then the rest, which a stop of the process pauses and the next process resumes', async () => {
  await using stack = new AsyncDisposableStack()
  const { broker, connector, ledger } = await siteIn(stack)
  const { child, door } = await connector()

  const list = await pageOf(door, '/dead-letters?store=bus')
  const further = /rel="next" href="([^"]+)"/.exec(list)?.[1] ?? ''
  const second = await pageOf(door, further.replaceAll('&amp;', '&'))
  const shown = [list, second].map((page) => [...page.matchAll(/class="id">hr-events#\d+</g)].length)
  assert.deepEqual([...shown, /rel="next"/.test(second)], [50, 10, false])
  const plan = await send(door, '/replays/preview', formIn(list, '/replays/preview'))
  assert.match(plan.text, /<h1>Replay 60 dead letters\?<\/h1>/)
  assert.match(plan.text, /On the bus<\/dt><dd>60 messages/)
  assert.equal((await broker.counts(QUEUE)).active, 0, 'a plan changes nothing')

  const ten = await press(door, plan, 'first', 10)
  await says(door, ten.to, /10 dead letters replayed, 0 gone, 0 refused, 0 left of 10/)
  assert.deepEqual([(await waitingOn(broker)).length, (await broker.counts(QUEUE)).deadLetter], [10, 50])

  const filter = formIn(await pageOf(door, ten.to), '/replays/preview', { rate: String(RATE) })
  const rest = await press(door, await send(door, '/replays/preview', filter), 'all', 50)
  await says(door, rest.to, /Of those left, \d+ sent: only the original is to be removed/)
  child.kill('SIGTERM')
  assert.deepEqual(await once(child, 'exit'), [0, null])
  const sent = await waitingOn(broker)
  assert.ok(sent.length > 10 && sent.length < TOTAL, `${sent.length} are sent when the process stops`)
  assert.deepEqual(
    (await ledger((open) => open.listReplays({ limit: 9 }))).map(({ endedAt }) => endedAt === null),
    [true, false],
  )

  const { door: next } = await connector()
  const page = await pageOf(next, rest.to)
  assert.match(page, /Not carried out by this process/)
  await send(next, '/replays/resume', formIn(page, '/replays/resume', { justification: 'after the restart' }))
  await says(next, rest.to, /50 dead letters replayed, 0 gone, 0 refused, 0 left of 50/)
  const all = await waitingOn(broker)
  assert.deepEqual(
    [all.length, new Set(all).size, (await broker.counts(QUEUE)).deadLetter],
    [TOTAL, TOTAL, 0],
  )
  assert.match(await pageOf(next, '/audit?action=replay.resumed'), /after the restart/)
})
