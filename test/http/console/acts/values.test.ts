import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { ConnectionAnswer } from '../../../../src/core/connections/connection.ts'
import type { ConsoleContext } from '../../../../src/http/console/context.ts'
import type { World } from '../../../suites/conformance/ledger/world.ts'
import { anOffice, contextOf, type Door, doorTo, HOSTILE, OUTSIDE, sessionCookie } from '../office.ts'

const stack = new AsyncDisposableStack()
let world: World
let door: Door
before(async () => {
  world = await anOffice(stack)
  door = doorOf()
})
after(() => stack.disposeAsync())

const CONNECTION = '/employee/connection'
const asked: string[] = []
/** What the service answers about each employee. */
let answer: ConnectionAnswer = { kind: 'none' }

function doorOf(ledger = world.ledger): Door {
  const connections: ConsoleContext['connections'] = async (employees) => {
    const employeeIds = employees.map(({ id }) => id)
    asked.push(...employeeIds)
    return new Map(employeeIds.map((id) => [id, answer]))
  }
  return doorTo({ ...contextOf(stack, { ledger, now: () => world.now }), connections })
}
const textOf = async (response: Promise<Response>): Promise<string> => (await response).text()

async function askFor(
  employee: string,
  fields: Readonly<Record<string, string>> = { justification: 'ticket 9' },
  through = door,
  path = '/employee/values',
): Promise<Response> {
  const page = await textOf(through.get('/employee?id=20011'))
  const token = /name="form-token" value="([\w-]+)"/.exec(page)?.[1] ?? ''
  return through.post(path, { employee, 'form-token': token, ...fields })
}
async function auditOf(employeeId: string): Promise<readonly string[]> {
  const query = { since: null, about: null, action: 'show-values', employeeId, next: null, limit: 99 }
  const { entries } = await world.ledger.listAudit(query)
  return entries.map(({ actor, about, justification }) => `${actor} ${about} ${justification}`)
}

void describe('values of an employee in the console', () => {
  void test('are hidden with the messages of the service until a form with a reason asks, and the audit trail has it first', async () => {
    const hidden = await textOf(door.get('/employee?id=20014'))
    assert.match(hidden, /Values are hidden: show them/)
    assert.match(hidden, /The service says: \(hidden\)/)
    assert.doesNotMatch(hidden, /@example\.com/)
    assert.deepEqual(await auditOf('20014'), [])

    const shown = await askFor('20014')
    const text = await shown.text()
    assert.deepEqual([shown.status, shown.headers.get('cache-control')], [200, 'no-store'])
    assert.match(text, /Values are shown\. The audit trail says that ann asked/)
    assert.match(text, /The service says: Another object has 20014@example\.com/)
    assert.match(text, /<ins>20014@example\.com<\/ins>/)
    assert.deepEqual(await auditOf('20014'), ['ann 20014 ticket 9'])
    assert.doesNotMatch(await textOf(door.get('/employee?id=20014')), /@example\.com/, 'the next time')
  })

  void test('attributes are shown with the event that each comes from, and their values with the others', async () => {
    const hidden = await textOf(door.get('/employee?id=20011'))
    assert.match(hidden, /<code>title<\/code><\/td><td>\(hidden\)<\/td><td><code>hired-20011<\/code>/)
    assert.match(
      hidden,
      /<code>active<\/code><\/td><td>false<\/td><td><code>left-20011<\/code><\/td><td>yes</,
    )
    assert.match(await textOf(askFor('20011')), /<code>title<\/code><\/td><td>Engineer</)
  })

  void test('no address shows them, and each time that they are asked for is recorded', async () => {
    const before = (await auditOf('20011')).length
    for (const method of ['GET', 'HEAD'])
      assert.equal(
        (await door.get('/employee/values?employee=20011&justification=x', { method })).status,
        405,
      )
    for (const query of ['&values=1', '&employee=20011&justification=x&show-values='])
      assert.doesNotMatch(await textOf(door.get(`/employee?id=20011${query}`)), /Engineer/)
    assert.equal((await auditOf('20011')).length, before)
    for (let n = 0; n < 2; n += 1) assert.match(await textOf(askFor('20011')), /Engineer/)
    assert.equal((await auditOf('20011')).length, before + 2)
  })

  void test('are not shown without a reason, for an id that is not known, or when the audit trail cannot be written', async () => {
    const before = await auditOf('20011')
    for (const fields of [{}, { justification: '  ' }, { justification: 'x'.repeat(501) }]) {
      const response = await askFor('20011', fields)
      assert.equal(response.status, 422)
      assert.doesNotMatch(await response.text(), /Engineer/)
    }
    assert.equal((await askFor('20011', { justification: 'x', next: 'y' })).status, 422)
    assert.equal((await askFor('nobody')).status, 422)
    assert.deepEqual(await auditOf('20011'), before)
    const failing = doorOf({
      ...world.ledger,
      recordDisclosure: () => Promise.reject(new Error('disk full')),
    })
    const response = await askFor('20011', { justification: 'x' }, failing)
    assert.equal(response.status, 500)
    assert.doesNotMatch(await response.text(), /Engineer/)
  })

  void test('are not shown to a visitor without the permission, whose button says so', async () => {
    const access = { ...OUTSIDE, tokenPermissions: new Set(['read'] as const) }
    const reader = doorTo(
      contextOf(stack, { ledger: world.ledger, now: () => world.now }, access),
      'https://console.example',
    )
    const headers = { cookie: await sessionCookie(world.now), 'sec-fetch-site': 'same-origin' }
    const page = await textOf(reader.get('/employee?id=20011', { headers }))
    for (const button of ['Show values', 'Ask the service'])
      assert.match(
        page,
        new RegExp(`disabled>${button}</button> <span class="why">You lack the permission “values”`),
      )
    const token = /name="form-token" value="([\w-]+)"/.exec(page)?.[1] ?? ''
    const form = { employee: '20011', justification: 'x', 'form-token': token }
    for (const path of ['/employee/values', CONNECTION]) {
      const response = await reader.post(path, form, headers)
      assert.equal(response.status, 403)
      assert.doesNotMatch(await response.text(), /Engineer/)
    }
    assert.deepEqual(asked, [])
  })

  void test('become no markup and no control character', async () => {
    const text = await textOf(askFor(`evil ${HOSTILE}`))
    assert.match(
      text,
      /<code>title<\/code><\/td><td>&lt;script&gt;alert\(&quot;x&quot;\)&lt;\/script&gt;&#39;\\u\{1b\}/,
    )
    assert.doesNotMatch(text, /<script>/)
    // oxlint-disable-next-line no-control-regex
    assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f\u202a-\u202e]/)
  })
})

void describe('the object connection of an employee in the console', () => {
  const OBJECT = '6f1c2d3e-0000-4000-8000-000000000001'
  const why = { justification: 'ticket 10' }

  void test('is asked for with a reason only, and the audit trail has it before the service is asked', async () => {
    assert.match(await textOf(door.get('/employee?id=20011')), /Ask which account the provisioning job has/)
    assert.equal((await askFor('20011', {}, door, CONNECTION)).status, 422)
    assert.equal((await door.get(`${CONNECTION}?employee=20011`)).status, 405)
    const failing = doorOf({
      ...world.ledger,
      recordDisclosure: () => Promise.reject(new Error('disk full')),
    })
    assert.equal((await askFor('20011', why, failing, CONNECTION)).status, 500)
    assert.deepEqual(asked, [])
    const text = await textOf(askFor('20011', why, door, CONNECTION))
    assert.match(text, /Asked just now: None \(404\): the job has carried out no record/)
    assert.deepEqual(asked, ['20011'])
    assert.deepEqual((await auditOf('20011')).at(-1), 'ann 20011 ticket 10')
    assert.doesNotMatch(text, /Engineer/, 'values stay hidden')
  })

  void test('names the account, and says what to grant where the permission is missing', async () => {
    const connection = { sourceAnchor: '20011', targetAnchor: OBJECT, objectTypeName: 'User' }
    answer = { kind: 'found', connection: { ...connection, displayName: HOSTILE } }
    const found = await textOf(askFor('20011', why, door, CONNECTION))
    assert.match(
      found,
      new RegExp(`links the employee to Entra object ${OBJECT} .*The account is called &lt;script&gt;`),
    )
    answer = { kind: 'forbidden' }
    assert.match(
      await textOf(askFor('20011', why, door, CONNECTION)),
      /Not allowed \(403\): grant SynchronizationMetadata\.Read\.OwnedBy/,
    )
  })
})
