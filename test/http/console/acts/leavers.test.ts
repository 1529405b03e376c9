import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openMemoryLedger } from '../../../adapters/support/memory-ledger.ts'
import { hrEvent, joiner, leaver, World } from '../../../suites/conformance/ledger/world.ts'
import { contextOf, type Door, doorTo } from '../office.ts'
import { type Came, formIn, messageOf, send } from './visitor.ts'

const stack = new AsyncDisposableStack()
let world: World
let door: Door

/** Of p1 the directory took the deactivation alone; the cases of p2 and p3 are open. */
before(async () => {
  const ledger = stack.adopt((await openMemoryLedger()).ledger, (it) => it.close())
  world = new World(ledger)
  await world.record(...['p1', 'p2', 'p3'].map((id) => joiner(`hire of ${id}`, id)))
  await world.confirmAll()
  await world.record(hrEvent('p1 leaves', 'p1', { active: false, department: 'x' }, { order: 1_000 }))
  await world.answer(await world.send(), 'failed', { status: 'failure', code: 'InvalidValue' })
  await world.finalize()
  await world.confirmAll()
  await world.tend()
  await world.record(...['p2', 'p3'].map((id) => leaver(`${id} leaves`, id)))
  door = doorTo(contextOf(stack, { ledger, now: () => world.now }))
})
after(() => stack.disposeAsync())

const pageOf = async (path: string): Promise<string> => (await door.get(path)).text()
const sendForm = (text: string, path: string, filled = {}): Promise<Came> =>
  send(door, path, formIn(text, path, filled))

void describe('leavers in the console', () => {
  void test('several cases are acknowledged only after a question with their count, which must be typed', async () => {
    const list = await pageOf('/leavers')
    const ids = [...list.matchAll(/name="case" value="(\d+)"/g)].map(([, id = '']) => id)
    const question = await sendForm(list, '/leavers/acknowledge', { case: ids, justification: 'x' })
    assert.match(question.text, /<h1>Acknowledge 2 leaver cases\?<\/h1>/)
    for (const id of ids) assert.match(question.text, new RegExp(`>leaver-${id}<`))
    assert.deepEqual(await world.leavers(), ['p2 under-way', 'p3 under-way'])
    const answer = { typed: '3', justification: 'disabled by hand' }
    const wrong = await sendForm(question.text, '/leavers/acknowledge', answer)
    assert.match(messageOf(wrong), /the number that was typed is not 2/)
    const came = await sendForm(question.text, '/leavers/acknowledge', { ...answer, typed: '2' })
    assert.equal(messageOf(came), '2 leaver cases acknowledged.')
    assert.deepEqual(await world.leavers(), [])
  })

  void test('a row says when the directory took the deactivation alone, and its button sends the rest after a justification', async () => {
    const list = await pageOf('/leavers/closed')
    assert.equal(list.match(/Send all attributes again…/g)?.length, 1, 'p2 and p3 have no such button')
    const question = await sendForm(list, '/leavers/resend')
    assert.match(question.text, /<h1>Send all attributes of p1 again\?<\/h1>/)
    const silent = await sendForm(question.text, '/leavers/resend')
    assert.match(messageOf(silent), /say why/)
    const came = await sendForm(question.text, '/leavers/resend', { justification: 'the domain was added' })
    assert.equal(messageOf(came), '1 event sent again with all attributes.')
    assert.doesNotMatch(came.text, /Send all attributes again…/)
  })
})
