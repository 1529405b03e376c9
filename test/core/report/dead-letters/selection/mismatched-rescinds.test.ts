import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { KnownEvent } from '../../../../../src/core/ledger/port/replays.ts'
import type { DeadLetter } from '../../../../../src/core/report/dead-letters/dead-letter.ts'
import { refuseMismatchedRescinds } from '../../../../../src/core/report/dead-letters/selection/mismatched-rescinds.ts'
import type { Selected } from '../../../../../src/core/report/dead-letters/selection/selected.ts'
import { ledgerDead, selectedDead } from '../../../../fakes/dead-letters.ts'
import { hrEvent } from '../../../../fakes/events.ts'
import { shelved } from '../../../../fakes/shelf.ts'

const known = (id: string, employeeId: string): KnownEvent => {
  return { source: '/hr/acme', id, seq: 1, employeeId, state: 'confirmed', revision: 1 }
}
/** A rescind of employee 10001 that names this event. */
const rescindOf = (id: string) => hrEvent('r-1', { rescinds: { source: '/hr/acme', id } })
const name = { source: '/hr/acme', id: 'r-1', type: 'worker.updated', employeeId: '10001' }
const message: DeadLetter = {
  store: 'bus',
  reason: 'unreadable',
  letter: { ...name, events: [name], code: 'BodyNotJson', stale: false, message: shelved(1) },
}
const onBus = (rescinded: string): Selected => selectedDead(message, { events: [rescindOf(rescinded)] })
const inLedger = (more: Partial<Selected>): Selected =>
  selectedDead(ledgerDead(1, { id: 'r-1', employeeId: '10001', code: 'RescindMismatch' }), more)

/** Why it is refused while the ledger knows these events. */
async function refusal(one: Selected, ...events: readonly KnownEvent[]): Promise<string | null> {
  const knownEvents = async (names: readonly { readonly id: string }[]) =>
    events.filter(({ id }) => names.some((asked) => asked.id === id))
  const [checked] = await refuseMismatchedRescinds([one], knownEvents)
  if (checked?.refused === 'RescindMismatch') assert.equal(checked.events, null)
  return checked?.refused ?? null
}

void describe('a rescind in a selection', () => {
  void it('is refused where it names an event of another employee, and nowhere else', async () => {
    assert.equal(await refusal(onBus('e-1'), known('e-1', '10002')), 'RescindMismatch')
    assert.equal(await refusal(onBus('e-1'), known('e-1', '10001')), null)
    assert.equal(await refusal(onBus('e-1'), known('e-2', '10002')), null)
    assert.equal(
      await refusal(selectedDead(message, { events: [hrEvent('e-1')] }), known('e-1', '10002')),
      null,
    )
  })

  void it('of a message that the ledger has already is a duplicate, and of its own dead letter is read again', async () => {
    const both = [known('e-1', '10002'), known('r-1', '10001')]
    assert.equal(await refusal(onBus('e-1'), ...both), null)
    assert.equal(await refusal(inLedger({ events: [rescindOf('e-1')] }), ...both), 'RescindMismatch')
    assert.equal(await refusal(inLedger({ events: [rescindOf('e-2')] }), ...both), null, 'edited')
  })

  void it('that died of this is refused again unless it is edited, and one that died of something else is not', async () => {
    assert.equal(await refusal(inLedger({})), 'RescindMismatch')
    assert.equal(await refusal(selectedDead(ledgerDead(1, { code: 'InvalidDomain' }))), null)
  })

  void it('keeps the code with which it is refused already, and is let through where no ledger can be asked', async () => {
    assert.equal(await refusal(inLedger({ refused: 'OriginalNotKept' })), 'OriginalNotKept')
    const [checked] = await refuseMismatchedRescinds([onBus('e-1')], null)
    assert.equal(checked?.refused, null)
  })
})
