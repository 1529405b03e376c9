import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { takeIn } from '../../../../../src/core/intake/message.ts'
import { DEFAULT_SOURCE } from '../../../../../src/core/intake/sources.ts'
import type { LedgerDeadLetter, Original } from '../../../../../src/core/ledger/port/dead-letters.ts'
import type { PeekedMessage, SourceMessage } from '../../../../../src/core/ports.ts'
import type { Editor } from '../../../../../src/core/report/dead-letters/selection/edit.ts'
import { messageReader } from '../../../../../src/core/report/dead-letters/read-message.ts'
import {
  selectDeadLetters,
  type SelectionRequest,
} from '../../../../../src/core/report/dead-letters/selection/select.ts'
import type { Stores } from '../../../../../src/core/report/dead-letters/stores.ts'
import { deadLetterId } from '../../../../../src/core/report/dead-letters/dead-letter.ts'
import { editing, ledgerLetter } from '../../../../fakes/dead-letters.ts'
import { day } from '../../../../fakes/events.ts'
import { fakeShelf, shelved } from '../../../../fakes/shelf.ts'

const sources = () => DEFAULT_SOURCE
const intake = async (message: SourceMessage) => takeIn(message, sources)
const everything = { reason: null, code: null, type: null, employeeId: null, since: null, until: null }

function eventText(id: string, worker: object, type = 'worker.updated'): string {
  const time = '2026-01-01T12:00:00Z'
  const data = { effectiveDate: '2026-01-01', worker }
  return JSON.stringify({ specversion: '1.0', id, source: '/hr', type, subject: 'p1', time, data })
}

function originalOf(body: string): Original {
  return {
    entity: 'hr-events',
    sequence: '1',
    enqueuedAt: day(1),
    messageId: 'm-1',
    sessionId: null,
    contentType: 'application/json',
    body,
    properties: {},
  }
}

/** Both stores, with these dead letters. The ledger kept the original of those that have a body. */
function storesWith(
  messages: readonly PeekedMessage[],
  letters: readonly { readonly letter: LedgerDeadLetter; readonly body: string | null }[] = [],
): Stores {
  return {
    deadLetterQueues: [fakeShelf(messages)],
    read: messageReader(sources, () => null),
    ledger: {
      listDeadLetters: async () => ({ deadLetters: letters.map(({ letter }) => letter), next: null }),
      findNearMatches: async () => [],
      findDeadLetter: async (seq) => {
        const found = letters.find(({ letter }) => letter.seq === seq)
        return found
          ? { letter: found.letter, original: found.body === null ? null : originalOf(found.body) }
          : null
      },
    },
    knownEvents: null,
    findEmployeeIds: null,
  }
}

async function select(stores: Stores, request: Partial<SelectionRequest> = {}, editor: Editor | null = null) {
  const whole = { ids: [], selection: everything, archived: false, max: 100, ...request }
  const { selected, more, missing } = await selectDeadLetters(stores, whole, intake, editor)
  return { selected, ids: selected.map(({ dead }) => deadLetterId(dead)), more, missing }
}

void describe('a selection of dead letters', () => {
  const three = [1, 2, 3].map((n) => shelved(n, { text: eventText(`e-${n}`, { title: 'A' }) }))

  void it('holds at most as many as were asked for, and says that there are more', async () => {
    const found = await select(storesWith(three), { max: 2 })
    assert.deepEqual([found.ids, found.more], [['hr-events#1', 'hr-events#2'], true])
    assert.equal((await select(storesWith(three), { max: 3 })).more, false)
  })

  void it('by id holds each one once, in the order they were named, and lists the ids it did not find', async () => {
    const stores = storesWith(three, [{ letter: ledgerLetter(7), body: null }])
    const found = await select(stores, { ids: ['dl-7', 'hr-events#2', 'dl-7', 'dl-8', 'hr-events#9'] })
    assert.deepEqual(found.ids, ['dl-7', 'hr-events#2'])
    assert.ok(found.selected.every(({ refused }) => refused === null))
    assert.deepEqual(found.missing, ['dl-8', 'hr-events#9'])
  })

  void it('refuses a text that cannot be the id of a dead letter', async () => {
    await assert.rejects(select(storesWith(three), { ids: ['7'] }), { code: 'ArgumentInvalid' })
  })

  void it('reads a message as intake would: its events, or the code with which it is refused again', async () => {
    const active = shelved(4, { text: eventText('e-4', { active: null }) })
    const { selected } = await select(storesWith([...three.slice(0, 1), active, shelved(5, { text: null })]))
    assert.deepEqual(
      selected.map(({ events, refused }) => [events?.map(({ id }) => id), refused]),
      [
        [['e-1'], null],
        [undefined, 'FieldInvalid'],
        [undefined, 'BodyNotText'],
      ],
    )
  })
})

void describe('an edited selection', () => {
  const replaceTitle = editing((body) => body.replace('"A"', '"B"'))
  const letters = [
    { letter: ledgerLetter(7, { id: 'l-7' }), body: eventText('l-7', { title: 'A' }) },
    { letter: ledgerLetter(8, { id: 'l-8' }), body: null },
    { letter: ledgerLetter(9, { id: 'l-9' }), body: eventText('l-9', { title: 'other' }) },
  ]

  void it('is edited as a whole: one call of the editor sees every body there is', async () => {
    const seen: string[] = []
    const editor: Editor = {
      kind: 'edit',
      edit: async (bodies) => {
        seen.push(...bodies.map(({ id }) => id))
        return new Map()
      },
    }
    await select(storesWith([shelved(1)], letters), {}, editor)
    assert.deepEqual(seen, ['hr-events#1', 'dl-7', 'dl-9'])
  })

  void it('carries the new body and events where the edit changes the body, and neither where it does not', async () => {
    const { selected } = await select(storesWith([], letters), {}, replaceTitle)
    assert.deepEqual(
      selected.map(({ body, events, refused, employees }) => [
        body?.includes('"B"') ?? null,
        events?.map(({ worker }) => worker['title']) ?? null,
        refused,
        employees,
      ]),
      [
        [true, ['B'], null, ['p1']],
        [null, null, 'OriginalNotKept', []],
        [null, null, null, []],
      ],
    )
  })

  void it('of a message with several events, patches the one that died, whatever else the message holds', async () => {
    const [died, other] = [eventText('l-7', { title: 'A' }), eventText('l-8', { title: 'B' })]
    const stores = storesWith(
      [],
      [{ letter: ledgerLetter(7, { employeeId: 'p1' }), body: `[${died},${other}]` }],
    )
    const patched = async (from: string, to: string) => {
      const { selected } = await select(
        stores,
        {},
        editing((body) => body.replace(from, to), 'patch'),
      )
      return selected.map(({ events, refused }) => [events?.map(({ worker }) => worker['title']), refused])
    }
    assert.deepEqual(await patched('"A"', '"C"'), [[['C'], null]])
    assert.deepEqual(await patched('"B"', '"C"'), [[undefined, 'PatchChangesNothing']])
  })

  void it('asks the editor for nothing where no dead letter has a body', async () => {
    const editor: Editor = { kind: 'edit', edit: () => assert.fail('there is nothing to edit') }
    const { selected } = await select(
      storesWith([shelved(1, { text: null })], letters.slice(1, 2)),
      {},
      editor,
    )
    assert.deepEqual(
      selected.map(({ refused }) => refused),
      ['BodyNotText', 'OriginalNotKept'],
    )
  })

  void it('says what the editor refuses, and what is wrong with it if that is known', async () => {
    const details = ['data.worker has another form', null]
    const editor: Editor = {
      kind: 'patch',
      edit: async (bodies) =>
        new Map(
          bodies.map(({ id }, n) => [
            id,
            { kind: 'refused', code: 'PatchFailed', detail: details[n] ?? null },
          ]),
        ),
    }
    const message = shelved(1, { text: eventText('e-1', { title: 'A' }) })
    const { selected } = await select(storesWith([message], letters.slice(0, 1)), {}, editor)
    assert.deepEqual(
      selected.map(({ refused, ...one }) => [refused, 'detail' in one, one.detail]),
      [
        ['PatchFailed', true, details[0]],
        ['PatchFailed', false, undefined],
      ],
    )
  })

  void it('refuses a patch that changes nothing, in either store', async () => {
    const nothing = editing((body) => body, 'patch')
    const message = shelved(1, { text: eventText('e-1', { title: 'A' }) })
    const { selected } = await select(storesWith([message], letters.slice(0, 1)), {}, nothing)
    assert.deepEqual(
      selected.map(({ refused }) => refused),
      ['PatchChangesNothing', 'PatchChangesNothing'],
    )
  })

  void it('refuses an edit that renames the event, in either store', async () => {
    const rename = editing((body) => body.replace(/"id":"(.)-/, '"id":"x-'))
    const message = shelved(1, { text: eventText('e-1', { title: 'A' }) })
    const { selected } = await select(storesWith([message], letters.slice(0, 1)), {}, rename)
    assert.deepEqual(
      selected.map(({ refused }) => refused),
      ['EditNamesAnotherEvent', 'EditNamesAnotherEvent'],
    )
  })
})
