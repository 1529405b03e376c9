import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { virtualRuntime } from '../../../fakes/virtual-runtime.ts'
import { T0 } from '../../../suites/conformance/ledger/world.ts'
import { type Door, doorTo } from '../office.ts'
import { aNight, arrive, failEach, hired, type Night } from './night.ts'
import { formIn, send } from './visitor.ts'

const stack = new AsyncDisposableStack()
let night: Night
let door: Door
before(async () => {
  night = await aNight(stack, virtualRuntime(T0))
  await arrive(night, [
    hired('q1', { userName: 'ada@taken.example', name: { givenName: 'Ada', familyName: 'Bell' } }),
  ])
  await failEach(night, 'EntryConflict')
  await arrive(night, [hired('q2')])
  await failEach(night, 'InvalidDomain')
  door = doorTo(night.console())
})
after(() => stack.disposeAsync())

/** The id and the page of the dead letter of an employee. */
async function deadLetterOf(employeeId: string): Promise<{ readonly id: string; readonly text: string }> {
  const filter = { code: null, type: null, employeeId, since: null, until: null }
  const found = await night.world.ledger.listDeadLetters({ filter, archived: false, next: null, limit: 1 })
  const id = `dl-${found.deadLetters[0]?.seq}`
  return { id, text: await (await door.get(`/dead-letter?id=${id}`)).text() }
}
async function disclosures(): Promise<readonly string[]> {
  const query = { about: null, action: 'show-values', since: null, next: null, limit: 99 }
  const { entries } = await night.world.ledger.listAudit(query)
  return entries.map(({ actor, about, justification }) => `${actor} ${about} ${justification}`)
}

void describe('user names in the console', () => {
  void test('are offered only for a dead letter that died of a name, and not shown without a reason', async () => {
    assert.doesNotMatch((await deadLetterOf('q2')).text, /dead-letters\/names/)
    const { text } = await deadLetterOf('q1')
    const form = formIn(text, '/dead-letters/names')
    const came = await send(door, '/dead-letters/names', form)
    assert.equal(came.status, 422)
    assert.doesNotMatch(came.text, /@taken/)
    const { id } = await deadLetterOf('q2')
    form.set('id', id)
    form.set('justification', 'ticket 9')
    assert.match((await send(door, '/dead-letters/names', form)).text, /No name was proposed/)
    assert.deepEqual(await disclosures(), [])
  })

  void test('lead to the plan of a replay with the name, which changes nothing before it is confirmed', async () => {
    const { text } = await deadLetterOf('q1')
    const fields = formIn(text, '/dead-letters/names', { justification: 'ticket 9' })
    const shown = await send(door, '/dead-letters/names', fields)
    assert.match(shown.text, /<dt>Taken<\/dt><dd>ada@taken\.example</)
    assert.match(shown.text, /the directory: PROVISIONING_ENDPOINT is not set/)
    assert.deepEqual(await disclosures(), ['ann q1 ticket 9'])
    for (const name of ['ada.bell', 'a.bell', 'ada.bell2'])
      assert.ok(shown.text.includes(`Use ${name}@taken.example…`), name)
    const plan = await send(door, '/replays/preview', formIn(shown.text, '/replays/preview'))
    assert.equal(plan.status, 200)
    assert.match(plan.text, /Replay 1 dead letter\?/)
    assert.match(plan.text, /data\.worker\.userName/)
    assert.deepEqual(await night.world.ledger.listReplays({ limit: 9 }), [])
  })
})
