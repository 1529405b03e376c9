import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { leftOf } from '../../../../src/core/report/replay/run/counts.ts'
import type { ConsoleContext } from '../../../../src/http/console/context.ts'
import { shelved } from '../../../fakes/shelf.ts'
import { virtualRuntime } from '../../../fakes/virtual-runtime.ts'
import { until } from '../../../adapters/support/until.ts'
import {
  hrEvent,
  joiner,
  leaver,
  messageOf,
  T0,
  type World,
} from '../../../suites/conformance/ledger/world.ts'
import { contextOf, type Door, doorTo, OUTSIDE, TOKEN } from '../office.ts'
import { aNight, arrive, failEach, hired, type Night } from './night.ts'
import { type Came, formIn, messageOf as messageIn, send } from './visitor.ts'

const stack = new AsyncDisposableStack()
const runtime = virtualRuntime(T0)
let night: Night
let world: World
let shelf: Night['shelf']
let context: ConsoleContext
let door: Door

/** Twelve hires fail with one code, two changes with another, and a termination is dead too. */
before(async () => {
  night = await aNight(stack, runtime)
  ;({ world, shelf } = night)
  const twelve = Array.from({ length: 12 }, (_, n) => `p${n + 1}`)
  await world.record(...twelve.map((id) => joiner(`hire of ${id}`, id)))
  await failEach(night, 'InvalidDomain')
  await arrive(night, [hired('q1'), hired('q2', { name: { givenName: 'Ada', familyName: 'Bell' } })])
  await failEach(night, 'EntryConflict')
  context = night.console()
  door = doorTo(context)
})
after(() => stack.disposeAsync())

const FILTER = { store: 'ledger', code: 'InvalidDomain' } as const
type Fields = Readonly<Record<string, string | readonly string[]>>

async function sendTo(path: string, fields: Fields): Promise<Came> {
  const page = await (await door.get('/employee?id=p1')).text()
  const form = new URLSearchParams({ 'form-token': formIn(page, '/block').get('form-token') ?? '' })
  for (const [name, value] of Object.entries(fields)) for (const one of [value].flat()) form.append(name, one)
  return send(door, path, form)
}
const preview = (fields: Fields = FILTER): Promise<Came> => sendTo('/replays/preview', fields)
/** The last form of a preview starts all of it; the one before, the first ten. */
const startForm = (text: string, filled: Fields, which: 'first' | 'all' = 'all'): URLSearchParams => {
  const at = text.indexOf(`id="start-${which}"`)
  return formIn(text.slice(at), '/replays/start', filled)
}
const runsOf = async () => world.ledger.listReplays({ limit: 50 })
async function ended(): Promise<void> {
  await until('the run ends', async () => {
    await runtime.advance(250)
    const [run] = await runsOf()
    return run !== undefined && run.endedAt !== null && !context.replays.isRunning(run.id)
  })
}
async function auditOf(action: string): Promise<readonly string[]> {
  const { entries } = await world.ledger.listAudit({
    about: null,
    action,
    since: null,
    next: null,
    limit: 99,
  })
  return entries.map((one) => `${one.actor}: ${one.action} ${one.about}, ${one.justification}`)
}

void describe('a replay in the console', () => {
  void test('shows operations, calls, the share of the quota and the states before anything is changed', async () => {
    const { status, text } = await preview()
    assert.equal(status, 200)
    assert.match(text, /<h1>Replay 12 dead letters\?<\/h1>/)
    for (const says of [
      /In the ledger<\/dt><dd>12 dead letters/,
      /On the bus<\/dt><dd>0 messages/,
      /Operations<\/dt><dd>12</,
      /Calls<\/dt><dd>1, 0\.1 % of a day/,
      /Events then planned<\/dt><dd>12</,
    ])
      assert.match(text, says)
    assert.deepEqual(await runsOf(), [])
  })

  void test('is not begun with a wrong number, without a justification, or when other dead letters fit by then', async () => {
    const { text } = await preview()
    for (const [filled, says] of [
      [{ typed: '11', justification: 'fixed' }, /the number that was typed is not 12/],
      [{ typed: '12', justification: '' }, /say why/],
    ] as const) {
      const came = await send(door, '/replays/start', startForm(text, filled))
      assert.deepEqual([came.status, says.test(messageIn(came))], [422, true], messageIn(came))
    }
    const { deadLetters } = await world.ledger.listDeadLetters({
      filter: { code: 'InvalidDomain', type: null, employeeId: 'p12', since: null, until: null },
      archived: false,
      next: null,
      limit: 1,
    })
    const seqs = deadLetters.map(({ seq }) => seq)
    await world.ledger.endDeadLetters(
      { seqs, how: 'archive', terminations: false, actor: 'bob', justification: 'x' },
      world.now,
    )
    const stale = await send(door, '/replays/start', startForm(text, { typed: '12', justification: 'fixed' }))
    assert.equal(stale.status, 422)
    assert.match(messageIn(stale), /12 fitted when this was shown, and 11 fit now/)
    assert.match(stale.text, /Replay 11 dead letters\?/)
    assert.deepEqual(await runsOf(), [])
  })

  void test('begins with the first ten, once, however often the form is sent, and offers the rest by the same filter', async () => {
    const { text } = await preview()
    const form = startForm(text, { typed: '10', justification: 'domain verified' }, 'first')
    const [one, other] = await Promise.all([
      send(door, '/replays/start', form),
      send(door, '/replays/start', form),
    ])
    const again = await send(door, '/replays/start', form)
    for (const came of [one, other, again]) assert.equal(came.to, one.to)
    assert.match(one.to, /^\/replays\/run\?run=1&store=ledger&code=InvalidDomain&done=/)
    assert.equal(messageIn(one), 'The replay of 10 dead letters has begun.')
    await ended()
    const runs = await runsOf()
    assert.deepEqual([runs.length, runs[0]?.counts.done, runs[0]?.actor], [1, 10, 'ann'])
    assert.deepEqual(await auditOf('replay'), ['ann: replay replay 1, domain verified'])
    const page = await (await door.get(one.to)).text()
    assert.match(page, /10 dead letters replayed, 0 gone, 0 refused, 0 left of 10/)
    const rest = await send(door, '/replays/preview', formIn(page, '/replays/preview'))
    assert.match(rest.text, /Replay 1 dead letter\?/)
  })

  void test('tells an open page at once that it has gone on, and where there is nothing to tell, not to ask again', async () => {
    const told = await door.get('/replays/events?run=1')
    assert.match(told.headers.get('content-type') ?? '', /^text\/event-stream/)
    assert.equal(await told.text(), 'event: progress\ndata: \n\n')
    for (const run of ['99', 'x']) assert.equal((await door.get(`/replays/events?run=${run}`)).status, 204)
  })

  void test('is begun for those that are ticked in the list', async () => {
    const list = await (await door.get('/dead-letters?store=ledger&code=EntryConflict')).text()
    const [, id = ''] = /form="letters-chosen" name="id" value="(dl-\d+)"/.exec(list) ?? []
    const chosen = list.slice(list.indexOf('id="letters-chosen"') - 60)
    const came = await send(door, '/replays/preview', formIn(chosen, '/replays/preview', { id }))
    assert.match(came.text, /Replay 1 dead letter\?/)
    const all = await send(door, '/replays/preview', formIn(list, '/replays/preview'))
    assert.match(all.text, /Replay 2 dead letters\?/)
    const older = await (await door.get('/dead-letters?store=ledger&code=EntryConflict&age=older')).text()
    assert.match(older, /No dead letter fits/)
  })

  void test('is paused after its batch, wherever that is asked for, resumed and given up', async () => {
    await failEach(night, 'InvalidDomain')
    const { text } = await preview({ ...FILTER, rate: '1' })
    const count = /Replay (\d+) dead letters\?/.exec(text)?.[1] ?? ''
    await send(door, '/replays/start', startForm(text, { typed: count, justification: 'again' }))
    const id = (await runsOf())[0]?.id ?? 0
    const page = async (): Promise<string> => (await door.get(`/replays/run?run=${id}`)).text()
    const busy = await send(
      door,
      '/replays/start',
      startForm((await preview({ code: 'EntryConflict', store: 'ledger' })).text, {
        typed: '2',
        justification: 'x',
      }),
    )
    assert.match(messageIn(busy), /another replay is carried out now/)
    assert.match(await page(), /Under way/)
    assert.match(
      await page(),
      /disabled>Give up \d+ dead letters…<\/button> <span class="why">Pause it first/,
    )
    const paused = await send(
      door,
      '/replays/pause',
      formIn(await page(), '/replays/pause', { justification: 'too fast' }),
    )
    assert.match(messageIn(paused), /pauses after the batch/)
    await until('it stops', async () => {
      await runtime.advance(1_000)
      return !context.replays.isRunning(id)
    })
    const left = async (): Promise<number> =>
      (await runsOf()).filter((run) => run.id === id).map(leftOf)[0] ?? 0
    assert.ok((await left()) > 0)
    assert.match(await page(), />Paused<\/h2>/)
    const resumed = await send(
      door,
      '/replays/resume',
      formIn(await page(), '/replays/resume', { justification: 'slower' }),
    )
    assert.match(messageIn(resumed), /goes on/)
    await ended()
    const before = await auditOf('replay')
    assert.deepEqual(before.slice(-2), [
      `ann: replay.paused replay ${id}, too fast`,
      `ann: replay.resumed replay ${id}, slower`,
    ])
    const over = await sendTo('/replays/pause', { run: String(id), justification: 'x' })
    assert.deepEqual([over.status, /The run has ended/.test(over.text)], [422, true])
  })

  void test('is paused by a shutdown, and what is left can be given up with its count', async () => {
    await failEach(night, 'InvalidDomain')
    const { text } = await preview({ ...FILTER, rate: '1' })
    const count = /Replay (\d+) dead letters\?/.exec(text)?.[1] ?? ''
    await send(door, '/replays/start', startForm(text, { typed: count, justification: 'again' }))
    await context.replays.close()
    const [run] = await runsOf()
    assert.ok(run && run.endedAt === null)
    // The next start of the process.
    context = night.console()
    door = doorTo(context)
    const page = await (await door.get(`/replays/run?run=${run.id}`)).text()
    assert.match(page, /Not carried out by this process/)
    const question = await send(door, '/replays/cancel', formIn(page, '/replays/cancel'))
    const frozen = String(run.counts.frozen)
    const answer = formIn(question.text, '/replays/cancel', { typed: frozen, justification: 'wrong ones' })
    const came = await send(door, '/replays/cancel', answer)
    assert.equal(messageIn(came), `${frozen} dead letters stay as they were.`)
    assert.deepEqual((await auditOf('replay')).at(-1), `ann: replay.cancelled replay ${run.id}, wrong ones`)
  })

  void test('changes events first by a patch, a table or an expression, and says which do not fit', async () => {
    const filter = { store: 'ledger', code: 'EntryConflict' }
    for (const [kind, patch, says] of [
      ['merge', '{"data":', /the patch is not JSON/i],
      [
        'table',
        'employee,userName\nnobody,free@contoso.com',
        /no selected dead letter is about these lines/i,
      ],
      ['table', 'userName\nfree', /needs one column that says what a row is about/],
      ['expression', '$uppercase(', /the expression cannot be used/i],
    ] as const) {
      const came = await preview({ ...filter, 'patch-kind': kind, patch })
      assert.deepEqual([came.status, says.test(came.text)], [422, true], came.text)
      assert.doesNotMatch(came.text, /free@contoso/)
    }
    const half = await preview({
      ...filter,
      'patch-kind': 'table',
      patch: 'employee,userName\nq1,free@contoso.com',
    })
    assert.match(half.text, /<code>PatchChangesNothing<\/code>/)
    assert.match(
      half.text,
      /disabled>Replay all 1<\/button> <span class="why">The change must fit every dead letter/,
    )
    for (const [kind, patch] of [
      ['merge', '{"data":{"worker":{"title":"Lead"}}}'],
      ['expression', '$ ~> |data.worker|{ "title": "Lead" }|'],
      ['table', 'employee,title\nq1,Lead\nq2,Lead'],
    ] as const) {
      const came = await preview({ ...filter, 'patch-kind': kind, patch })
      assert.match(came.text, /2 dead letters: <code>data\.worker\.title<\/code>/, kind)
      assert.doesNotMatch(
        /id="changes"[^]*?<\/table>/.exec(came.text)?.[0] ?? 'Lead',
        /Lead/,
        'values are hidden',
      )
    }
  })

  void test('an event is edited by hand: who sees it is in the audit trail, and the difference is shown before it is sent', async () => {
    const { deadLetters } = await world.ledger.listDeadLetters({
      filter: { code: 'EntryConflict', type: null, employeeId: 'q1', since: null, until: null },
      archived: false,
      next: null,
      limit: 1,
    })
    const id = `dl-${deadLetters[0]?.seq}`
    assert.match((await sendTo('/dead-letters/open', { id })).text, /say why/i)
    const opened = await sendTo('/dead-letters/open', { id, justification: 'HR sent another name' })
    assert.match(opened.text, /q1@taken\.example/)
    assert.deepEqual(await auditOf('show-values'), ['ann: show-values q1, HR sent another name'])
    const patch = JSON.stringify(hired('q1')).replace('q1@taken.example', 'q1@contoso.com')
    const difference = await send(
      door,
      '/replays/preview',
      formIn(opened.text, '/replays/preview', { patch }),
    )
    assert.match(
      difference.text,
      /<del>q1@taken\.example<\/del><\/td><td data-label="After"><ins>q1@contoso\.com/,
    )
    const broken = await send(
      door,
      '/replays/preview',
      formIn(opened.text, '/replays/preview', { patch: '{"id":"other"}' }),
    )
    assert.match(broken.text, /Left out, because intake would refuse them again/)
    const begun = await send(
      door,
      '/replays/start',
      startForm(difference.text, { justification: 'new name' }),
    )
    assert.match(begun.to, /^\/replays\/run\?run=\d+&done=/)
    assert.doesNotMatch(begun.to, /contoso|taken/)
    await ended()
    assert.equal((await runsOf())[0]?.counts.done, 1)
    const [view] = await world.ledger.readEmployees(['q1'])
    assert.equal(view?.employee.events[0]?.state, 'received')
  })

  void test('free user names are offered only where one is taken, shown with a reason, and lead to the plan with one of them', async () => {
    const pageOf = async (code: string): Promise<string> => {
      const filter = { code, type: null, employeeId: null, since: null, until: null }
      const found = await world.ledger.listDeadLetters({ filter, archived: false, next: null, limit: 1 })
      return (await door.get(`/dead-letter?id=dl-${found.deadLetters[0]?.seq}`)).text()
    }
    assert.doesNotMatch(await pageOf('InvalidDomain'), /dead-letters\/names/)
    const page = await pageOf('EntryConflict')
    const unnamed = await send(door, '/dead-letters/names', formIn(page, '/dead-letters/names'))
    assert.deepEqual([unnamed.status, /@taken/.test(unnamed.text)], [422, false])
    const asked = { justification: 'ticket 9' }
    const gone = formIn(page, '/dead-letters/names', { ...asked, id: 'dl-999' })
    assert.match((await send(door, '/dead-letters/names', gone)).text, /No name was proposed/)
    assert.doesNotMatch((await auditOf('show-values')).join(), /q2/)
    const shown = await send(door, '/dead-letters/names', formIn(page, '/dead-letters/names', asked))
    assert.match(shown.text, /<dt>Taken<\/dt><dd>q2@taken\.example</)
    assert.match(shown.text, /the directory: PROVISIONING_ENDPOINT is not set/)
    assert.ok((await auditOf('show-values')).includes('ann: show-values q2, ticket 9'))
    for (const name of ['ada.bell', 'a.bell', 'ada.bell2'])
      assert.ok(shown.text.includes(`Use ${name}@taken.example…`), name)
    const plan = await send(door, '/replays/preview', formIn(shown.text, '/replays/preview'))
    assert.match(plan.text, /Replay 1 dead letter\?/)
    assert.match(plan.text, /data\.worker\.userName/)
  })
})

void describe('dead letters on the bus in the console', () => {
  void test('stale ones are counted and only removed; discarding asks with the count and removes them', async () => {
    const known = hrEvent('hire of q3', 'q3', { title: 'x' })
    await world.intake([messageOf('900', known)])
    shelf.messages.push(shelved(1, { reason: 'BodyNotJson' }), shelved(2, { reason: 'BodyNotJson' }))
    const { text } = await preview({ store: 'bus', code: 'BodyNotJson' })
    assert.match(text, /Left out, because intake would refuse them again/)
    assert.match(text, /disabled>Replay all 0<\/button> <span class="why">There is nothing to replay/)
    const question = await sendTo('/dead-letters/discard', { store: 'bus', code: 'BodyNotJson' })
    assert.match(question.text, /Discard 2 dead letters\?/)
    const answer = formIn(question.text, '/dead-letters/discard', { typed: '2', justification: 'rubbish' })
    const came = await send(door, '/dead-letters/discard', answer)
    assert.equal(messageIn(came), '2 dead letters discarded.')
    assert.deepEqual(shelf.messages, [])
    const again = await send(door, '/dead-letters/discard', answer)
    assert.equal(messageIn(again), '2 dead letters discarded.', 'the answer to the first one')
    const archive = await sendTo('/dead-letters/archive', { store: 'bus' })
    assert.deepEqual([archive.status, /can be archived/.test(archive.text)], [422, true])
  })
})

void describe('ending dead letters in the console', () => {
  void test('a termination is kept unless it is asked for, and archiving asks with the count', async () => {
    await world.record(joiner('hire of r1', 'r1'))
    await world.confirmAll()
    await world.record(leaver('r1 leaves', 'r1', 9_000))
    await failEach(night, 'SomethingElse')
    const kept = await sendTo('/dead-letters/discard', { store: 'ledger', code: 'SomethingElse' })
    assert.match(kept.text, /1 dead letter more deactivates its employee and is kept/)
    assert.match(kept.text, /disabled>Discard 0 dead letters/)
    const fields = { store: 'ledger', code: 'SomethingElse', terminations: 'yes' }
    assert.match((await sendTo('/dead-letters/discard', fields)).text, /<h1>Discard 1 dead letter\?/)
    const question = await sendTo('/dead-letters/archive', { store: 'ledger', code: 'SomethingElse' })
    const came = await send(
      door,
      '/dead-letters/archive',
      formIn(question.text, '/dead-letters/archive', { justification: 'known' }),
    )
    assert.equal(messageIn(came), '1 dead letter archived.')
    assert.match(
      (await auditOf('dead-letter.archive')).at(-1) ?? '',
      /ann: dead-letter.archive dl-\d+, known/,
    )
  })
})

void test('while the ledger is away every action says so, and nothing is done', async () => {
  const away = doorTo(
    contextOf(stack, { ledger: null, now: () => world.now }, OUTSIDE),
    'https://console.example',
  )
  for (const path of [
    '/replays/preview',
    '/replays/start',
    '/replays/pause',
    '/dead-letters/discard',
    '/dead-letters/open',
  ]) {
    const response = await away.post(path, { run: '1' }, { authorization: `Bearer ${TOKEN}` })
    assert.deepEqual([response.status, /The ledger does not answer/.test(await response.text())], [503, true])
  }
})
