import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openMemoryLedger } from '../../../adapters/support/memory-ledger.ts'
import { joiner, World } from '../../../suites/conformance/ledger/world.ts'
import { contextOf, type Door, doorTo } from '../office.ts'
import { type Came, formIn, messageOf, send } from './visitor.ts'

const PATH = '/employee/erase'
const stack = new AsyncDisposableStack()
let world: World
let door: Door

before(async () => {
  const ledger = stack.adopt((await openMemoryLedger()).ledger, (it) => it.close())
  world = new World(ledger)
  await world.record(joiner('hire of p1', 'p1'), joiner('hire of p2', 'p2'))
  await world.confirmAll()
  door = doorTo(contextOf(stack, { ledger, now: () => world.now }))
})
after(() => stack.disposeAsync())

const pageOf = async (id: string): Promise<string> => (await door.get(`/employee?id=${id}`)).text()
const ask = async (id: string): Promise<Came> => send(door, PATH, formIn(await pageOf(id), PATH))
const isKnown = async (id: string): Promise<boolean> =>
  (await world.ledger.readAccess(id, world.now)) !== null

void describe('an erasure in the console', () => {
  void test('is asked for with what goes and what the directory keeps, and is done once the id is typed and the reason given', async () => {
    const question = await ask('p1')
    assert.match(question.text, /<h1>Erase employee p1\?<\/h1>/)
    assert.match(
      question.text,
      /The account stays as it is:<\/strong> the directory holds the account active since/,
    )
    for (const filled of [
      { justification: 'ticket 7' },
      { typed: 'p2', justification: 'ticket 7' },
      { typed: 'p1', justification: ' ' },
    ]) {
      const refused = await send(door, PATH, formIn(question.text, PATH, filled))
      assert.deepEqual([refused.status, messageOf(refused).startsWith('Nothing was done')], [422, true])
      assert.equal(await isKnown('p1'), true)
    }

    const done = await send(
      door,
      PATH,
      formIn(question.text, PATH, { typed: 'p1', justification: 'ticket 7' }),
    )
    assert.match(messageOf(done), /^Erased: 1 event, 1 operation; 1 outcome will not be published\..*[^.]\.$/)
    assert.match(done.text, /<h1>Audit<\/h1>[^]*ticket 7/)
    assert.deepEqual([await isKnown('p1'), await isKnown('p2')], [false, true])
    const query = { since: null, about: null, action: 'erase', next: null, limit: 9 }
    const { entries } = await world.ledger.listAudit(query)
    assert.deepEqual(
      entries.map(({ actor, justification, about }) => [actor, justification, about?.includes('p1')]),
      [['ann', 'ticket 7', false]],
    )
  })

  void test('is refused when what the page showed has changed, and for an id that the ledger does not know', async () => {
    const question = await ask('p2')
    const form = formIn(question.text, PATH, { typed: 'p2', justification: 'ticket 8' })
    form.set('seen', 'of another time')
    const changed = await send(door, PATH, form)
    assert.deepEqual([changed.status, await isKnown('p2')], [422, true])
    form.set('employee', 'p9')
    const unknown = await send(door, PATH, form)
    assert.match(unknown.text, /Nothing was erased/)
  })
})
