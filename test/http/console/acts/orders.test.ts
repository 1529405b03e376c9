import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openMemoryLedger } from '../../../adapters/support/memory-ledger.ts'
import { heldEmployees } from '../../../../src/core/plan/brake-order.ts'
import { employeeIdOf } from '../../../../src/core/intake/event/employee-id.ts'
import { RELEASED_BRAKE } from '../../../../src/core/plan/decide/brake.ts'
import { hrEvent, joiner, leaver, World } from '../../../suites/conformance/ledger/world.ts'
import { contextOf, type Door, doorTo, HOSTILE, OUTSIDE, TOKEN } from '../office.ts'
import { type Came, formIn, messageOf, send } from './visitor.ts'

const stack = new AsyncDisposableStack()
let world: World
let door: Door

/** Two may leave at once; of p1 to p6, who leave, p3 to p6 are held. */
const LIMIT = { ...RELEASED_BRAKE, absolute: 2 }

before(async () => {
  const ledger = stack.adopt((await openMemoryLedger()).ledger, (it) => it.close())
  world = new World(ledger)
  const leaving = ['p1', 'p2', 'p3', 'p4', 'p5', 'p6']
  await world.record(...[...leaving, 'p7'].map((id) => joiner(`hire of ${id}`, id)))
  await world.confirmAll()
  await leave(...leaving)
  door = doorTo(contextOf(stack, { ledger, now: () => world.now }))
})
after(() => stack.disposeAsync())

async function leave(...employees: readonly string[]): Promise<void> {
  await world.record(...employees.map((id) => leaver(`${id} leaves`, id)))
  await world.ledger.commitPlan(world.decide(await world.due()), LIMIT, world.now)
}
const tokenOf = async (): Promise<URLSearchParams> =>
  formIn(await (await door.get('/employee?id=p3')).text(), '/block')

/** The form of a page that is not there yet, or that an attacker of the same visitor makes. */
async function sendTo(
  path: string,
  fields: Readonly<Record<string, string | readonly string[]>>,
): Promise<Came> {
  const form = new URLSearchParams({ 'form-token': (await tokenOf()).get('form-token') ?? '' })
  for (const [name, value] of Object.entries(fields)) for (const one of [value].flat()) form.append(name, one)
  return send(door, path, form)
}
async function auditOf(action: string): Promise<readonly string[]> {
  const { entries } = await world.ledger.listAudit({
    about: null,
    action,
    since: null,
    next: null,
    limit: 99,
  })
  return entries.map(({ actor, about, justification }) => `${actor}: ${about}, ${justification}`)
}

void describe('decisions about held employees in the console', () => {
  void test('an action on all held employees asks for their count, which must be typed, and for a justification', async () => {
    const held = await (await door.get('/held?cause=brake')).text()
    for (const id of ['p3', 'p4', 'p5', 'p6'])
      assert.match(held, new RegExp(`form="brake-chosen" name="employee" value="${id}"`))
    const all = formIn(held.slice(held.lastIndexOf('action="/brake/release"') - 1), '/brake/release')
    const question = await send(door, '/brake/release', all)
    assert.equal(question.status, 200)
    assert.match(question.text, /<h1>Release 4 employees\?<\/h1>/)
    for (const id of ['p3', 'p4', 'p5', 'p6']) assert.match(question.text, new RegExp(`class="id">${id}<`))
    for (const [filled, says] of [
      [{ typed: '', justification: 'ticket 7' }, /the number that was typed is not 4/],
      [{ typed: '5', justification: 'ticket 7' }, /the number that was typed is not 4/],
      [{ typed: '4', justification: ' ' }, /say why/],
    ] as const) {
      const came = await send(door, '/brake/release', formIn(question.text, '/brake/release', filled))
      assert.equal(came.status, 422)
      assert.match(messageOf(came), says)
    }
    assert.deepEqual([(await heldEmployees(world.ledger)).length, await auditOf('brake')], [4, []])
  })

  void test('an answer is refused with what changed when others are held by then', async () => {
    const { text } = await sendTo('/brake/refuse', { all: 'yes' })
    await world.record(hrEvent('p6 is back', 'p6', {}, { rescinds: { source: '/hr/test', id: 'p6 leaves' } }))
    await world.ledger.commitPlan(world.decide(await world.due()), LIMIT, world.now)
    const answer = formIn(text, '/brake/refuse', { typed: '4', justification: 'ticket 7' })
    const came = await send(door, '/brake/refuse', answer)
    assert.equal(came.status, 422)
    assert.match(messageOf(came), /there were 4 when this was asked, and there are 3 now/)
    assert.match(came.text, /<h1>Refuse 3 employees\?<\/h1>/)
    assert.deepEqual(await auditOf('brake'), [])
  })

  void test('those that are chosen are released once, however often the form is sent, by the visitor and for the reason', async () => {
    const question = await sendTo('/brake/release', {
      employee: ['p3', 'p4', 'p1'],
      to: '/leavers?cause=brake',
    })
    assert.match(question.text, /Release 2 employees\?/)
    assert.match(question.text, /1 employee of those that were chosen is not held any more/)
    const answer = formIn(question.text, '/brake/release', { typed: '2', justification: 'ticket 8' })
    const [one, other] = await Promise.all([
      send(door, '/brake/release', answer),
      send(door, '/brake/release', answer),
    ])
    const again = await send(door, '/brake/release', answer)
    for (const came of [one, other, again]) {
      assert.match(came.to, /^\/leavers\?cause=brake&done=/)
      assert.equal(messageOf(came), '2 employees released; 1 were not held any more; 1 employee still held.')
    }
    assert.deepEqual(await auditOf('brake.release'), [
      'ann: 2, ticket 8',
      'ann: p3, ticket 8',
      'ann: p4, ticket 8',
    ])
    assert.deepEqual(await heldEmployees(world.ledger), ['p5'])
  })

  void test('one employee is refused from its page without typing a number, and a later release is offered there', async () => {
    const page = await (await door.get('/employee?id=p5')).text()
    const question = await send(door, '/brake/refuse', formIn(page, '/brake/refuse'))
    assert.doesNotMatch(question.text, /name="typed"/)
    const answer = formIn(question.text, '/brake/refuse', {
      justification: 'wrong export',
      'keep-counting': 'yes',
    })
    const came = await send(door, '/brake/refuse', answer)
    assert.equal(messageOf(came), '1 employee refused.')
    assert.match(came.text, /Release the deactivation…/)
    const refused = await (await door.get('/held?cause=refused')).text()
    assert.match(refused, /value="p5"[^]*Release the chosen…|Release the chosen…[^]*value="p5"/)
    assert.doesNotMatch(came.text, /Refuse the deactivation…/)
    assert.deepEqual((await auditOf('brake.refuse')).at(-1), 'ann: p5, wrong export')
  })

  void test('an order without an employee changes nothing and says what to do', async () => {
    for (const [fields, says] of [
      [{}, /Tick the employees/],
      [{ all: 'yes' }, /The brake holds no employee now/],
      [{ employee: 'p7' }, /holds none of them any more/],
    ] as const) {
      const came = await sendTo('/brake/release', fields)
      assert.deepEqual([came.status, says.test(came.text)], [422, true], came.text)
    }
  })
})

void describe('blocks, findings and leavers in the console', () => {
  void test('an employee is blocked and unblocked from its page, each once, and what is not in force cannot be lifted', async () => {
    const page = await (await door.get('/employee?id=p7')).text()
    assert.match(
      page,
      /disabled>Lift the block of p7<\/button> <span class="why">No block of this employee is in force/,
    )
    const block = formIn(page, '/block', { until: '30d', justification: 'suspected fraud' })
    for (let n = 0; n < 2; n += 1) {
      const came = await send(door, '/block', block)
      assert.match(messageOf(came), /^p7 is blocked until 20\d\d-.*Z\.$/)
    }
    assert.deepEqual(await auditOf('block'), ['ann: p7, suspected fraud'])
    const { blocks } = await world.ledger.listBlocks({
      now: world.now,
      employeeId: 'p7',
      next: null,
      limit: 1,
    })
    assert.equal(blocks[0]?.until, world.now + 30 * 86_400_000)
    const blocked = await (await door.get('/employee?id=p7')).text()
    const lifted = await send(door, '/unblock', formIn(blocked, '/unblock', { justification: 'cleared' }))
    assert.equal(messageOf(lifted), 'The block of p7 is lifted.')
    const again = await sendTo('/unblock', { employee: 'p7', justification: 'cleared' })
    assert.deepEqual([again.status, /No block of p7 is in force/.test(again.text)], [422, true])
  })

  void test('an id of any characters comes back from a form as it was, and the page holds none of them as they are', async () => {
    const id = employeeIdOf(`evil ${HOSTILE}`)
    await world.record(joiner('hire of evil', id))
    const page = await (await door.get(`/employee?${new URLSearchParams({ id }).toString()}`)).text()
    assert.doesNotMatch(page, /<script>alert/)
    const came = await send(door, '/block', formIn(page, '/block', { justification: 'odd' }))
    assert.match(came.to, /^\/employee\?id=evil/)
    const { blocks } = await world.ledger.listBlocks({ now: world.now, employeeId: id, next: null, limit: 1 })
    assert.equal(blocks[0]?.employeeId, id)
  })

  void test('a block says what is wrong with its end or its employee, and repeats no name or mail address', async () => {
    for (const [fields, says] of [
      [{ employee: 'p7', until: 'yesterday' }, /must be a day, an instant or a duration in the future/],
      [{ employee: 'p7', until: '2020-01-01' }, /in the future/],
      [{ employee: ' ' }, /name the employee by the id/i],
      [{ employee: 'someone@example.com' }, /no employee has this user name/i],
      [{ employee: 'p7', justification: '' }, /say why/i],
    ] as const) {
      const came = await sendTo('/block', { justification: 'x', ...fields })
      assert.deepEqual([came.status, says.test(came.text)], [422, true], came.text)
      assert.doesNotMatch(came.text, /someone/)
    }
    const unknown = await sendTo('/block', { employee: 'P7', justification: 'x' })
    assert.match(unknown.to, /no\+event\+of\+this\+employee\+yet/)
  })

  void test('findings are acknowledged with what that does, several with their count', async () => {
    const seen = (employeeId: string) => ({ employeeId, at: world.now, change: `of ${employeeId}` })
    await world.correlate({
      finalAt: world.now,
      changedElsewhere: ['p7', 'p5'],
      elsewhere: { disabled: [seen('p7'), seen('p5')], enabled: [] },
      foreign: 2,
    })
    const open = async (): Promise<readonly string[]> =>
      (
        await world.ledger.listFindings({ open: true, code: null, employeeId: null, next: null, limit: 9 })
      ).findings.map(({ seq }) => String(seq))
    const finding = await open()
    assert.equal(finding.length, 2)
    const list = await (await door.get('/findings')).text()
    for (const seq of finding)
      assert.match(list, new RegExp(`form="findings-chosen" name="finding" value="${seq}"`))
    const form = formIn(list, '/findings/acknowledge', { justification: 'x' })
    assert.match((await send(door, '/findings/acknowledge', form)).text, /Tick the findings/)
    const question = await send(
      door,
      '/findings/acknowledge',
      formIn(list, '/findings/acknowledge', { finding, justification: 'x' }),
    )
    assert.match(question.text, /DisabledElsewhere<\/code>: The deactivation may be reversed/)
    const answer = formIn(question.text, '/findings/acknowledge', { typed: '2', justification: 'HR knows' })
    const came = await send(door, '/findings/acknowledge', answer)
    assert.equal(messageOf(came), '2 findings acknowledged.')
    assert.deepEqual(await open(), [])
    const again = await sendTo('/findings/acknowledge', {
      finding: finding[0] ?? '',
      justification: 'x',
      to: '/',
    })
    assert.equal(
      messageOf(again),
      '0 findings acknowledged; 1 other had been before, or is not there any more.',
    )
  })

  void test('attributes are sent again only where the directory took the deactivation alone', async () => {
    const page = await (await door.get('/employee?id=p7')).text()
    assert.match(page, /disabled>Send all attributes again<\/button> <span class="why">No event shown here/)
    const came = await sendTo('/leavers/resend', { employee: 'p7', justification: 'x' })
    assert.deepEqual([came.status, /DisabledAlone/.test(came.text)], [422, true])
  })

  void test('while the ledger is away every action says so, and nothing is done', async () => {
    const context = contextOf(stack, { ledger: null, now: () => world.now }, OUTSIDE)
    const away = doorTo(context, 'https://console.example')
    for (const path of ['/brake/release', '/brake/refuse', '/block', '/unblock', '/findings/acknowledge']) {
      const headers = { authorization: `Bearer ${TOKEN}`, 'sec-fetch-site': 'same-origin' }
      const response = await away.post(path, { employee: 'p7', justification: 'x' }, headers)
      assert.deepEqual(
        [response.status, /The ledger does not answer/.test(await response.text())],
        [503, true],
      )
    }
  })
})
