import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { proveBus } from '../../../src/compose/check/bus.ts'
import { readConfig } from '../../../src/compose/config.ts'
import type { Proof } from '../../../src/compose/check/proof.ts'
import type { Broker } from '../../../src/local/service-bus/broker.ts'
import { brokerFor, configOf } from '../../local/service-bus/support.ts'
import { receiveOne } from '../../fakes/receiving.ts'

const QUEUES = {
  plain: {},
  grouped: { RequiresSession: true },
  outcomes: {},
  copies: {},
  'rollcall-control': { RequiresSession: true },
}
const TOPICS = [
  {
    Name: 'people',
    Subscriptions: [{ Name: 'grouped', Properties: { RequiresSession: true } }, { Name: 'plain' }],
  },
]

type Check = (
  sources: string,
  more?: Readonly<Record<string, string>>,
) => Promise<ReadonlyMap<string, Pick<Proof, 'outcome' | 'say'>>>

/** A bus, and what `check` says about it with these sources in the file. */
async function busWith(
  t: TestContext,
): Promise<{ readonly broker: Broker; readonly check: Check; readonly connect: () => Client }> {
  const { broker, connect } = await brokerFor(t, configOf(QUEUES, TOPICS))
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-check-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'rollcall.yaml')
  const check: Check = async (sources, more = {}) => {
    await writeFile(file, `sources:\n${sources}\n`)
    const config = readConfig({
      ROLLCALL_CONFIG: file,
      SERVICEBUS_CONNECTION_STRING: broker.connectionString,
      OUTCOMES_QUEUE: 'outcomes',
      DEAD_LETTER_QUEUE: 'copies',
      ...more,
    })
    return new Map((await proveBus(config)).map(({ what, outcome, say }) => [what, { outcome, say }]))
  }
  return { broker, check, connect }
}
type Client = ReturnType<Awaited<ReturnType<typeof brokerFor>>['connect']>

void describe('check opens the bus as run would', () => {
  void test('sessions that are said rightly are received from, for queues and subscriptions', async (t) => {
    const { check } = await busWith(t)
    const found = await check(`  - { name: a, queue: plain }
  - { name: b, queue: grouped, sessions: true }
  - { name: c, topic: people, subscription: grouped, sessions: true }
  - { name: d, topic: people, subscription: plain }`)
    assert.deepEqual(
      [...found].map(([what, { outcome }]) => [what, outcome]),
      [
        ['queue plain', 'ok'],
        ['queue grouped', 'ok'],
        ['queue people/Subscriptions/grouped', 'ok'],
        ['queue people/Subscriptions/plain', 'ok'],
        ['control rollcall-control', 'ok'],
        ['outcomes outcomes', 'ok'],
        ['copies copies', 'ok'],
      ],
    )
  })

  const wrong: readonly (readonly [string, string, string, RegExp])[] = [
    [
      'a queue without sessions that is said to have them',
      '{ name: a, queue: plain, sessions: true }',
      'queue plain',
      /plain has no sessions/,
    ],
    [
      'a queue that requires sessions that are not said',
      '{ name: a, queue: grouped }',
      'queue grouped',
      /grouped requires sessions.*set sessions: true/,
    ],
    [
      'a subscription that requires sessions that are not said',
      '{ name: a, topic: people, subscription: grouped }',
      'queue people/Subscriptions/grouped',
      /requires sessions.*set sessions: true/,
    ],
    [
      'a subscription without sessions that is said to have them',
      '{ name: a, topic: people, subscription: plain, sessions: true }',
      'queue people/Subscriptions/plain',
      /has no sessions/,
    ],
    [
      'a queue whose name is misspelt',
      '{ name: a, queue: plian }',
      'queue plian',
      /plian does not exist.*check the name/,
    ],
    [
      'a queue whose name is misspelt, with sessions',
      '{ name: a, queue: groupd, sessions: true }',
      'queue groupd',
      /groupd does not exist/,
    ],
  ]
  for (const [name, source, what, says] of wrong)
    void test(`${name} fails, by its name`, async (t) => {
      const { check } = await busWith(t)
      const proof = (await check(`  - ${source}`)).get(what)
      assert.equal(proof?.outcome, 'failed')
      assert.match(proof.say, says)
    })

  void test('a right that is missing fails, with what to grant', async (t) => {
    const { broker, check } = await busWith(t)
    await broker.inject({ kind: 'refuse-tokens', count: 100, entity: 'plain' })
    await broker.inject({ kind: 'refuse-tokens', count: 100, entity: 'outcomes' })
    const found = await check('  - { name: a, queue: plain }')
    assert.match(found.get('queue plain')?.say ?? '', /may not receive from plain.*Data Receiver/)
    assert.match(found.get('outcomes outcomes')?.say ?? '', /may not send to outcomes.*Data Sender/)
  })

  void test('outcomes and copies for a queue that requires sessions fail, unless outcomes have them', async (t) => {
    const { check } = await busWith(t)
    const to = { OUTCOMES_QUEUE: 'grouped', DEAD_LETTER_QUEUE: 'grouped' }
    const found = await check('  - { name: a, queue: plain }', to)
    assert.match(found.get('outcomes grouped')?.say ?? '', /set OUTCOME_SESSIONS=true/)
    assert.match(found.get('copies grouped')?.say ?? '', /copies have none/)
    const sessions = await check('  - { name: a, queue: plain }', { ...to, OUTCOME_SESSIONS: 'true' })
    assert.equal(sessions.get('outcomes grouped')?.outcome, 'ok')
  })

  void test('no message is received, locked or counted as delivered', async (t) => {
    const { check, connect } = await busWith(t)
    const client = connect()
    await client.createSender('plain').sendMessages({ body: 'one' })
    await client.createSender('grouped').sendMessages({ body: 'two', sessionId: 's' })
    const found = await check(
      '  - { name: a, queue: plain }\n  - { name: b, queue: grouped, sessions: true }',
    )
    assert.match(found.get('queue plain')?.say ?? '', /holds messages/)
    const message = await receiveOne(client.createReceiver('plain'))
    assert.equal(message.deliveryCount, 0)
    const session = await client.acceptNextSession('grouped')
    assert.equal((await receiveOne(session)).deliveryCount, 0)
  })
})
