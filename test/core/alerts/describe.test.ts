import assert from 'node:assert/strict'
import { it } from 'node:test'
import { describeAlert } from '../../../src/core/alerts/describe.ts'

void it('the cure is the command with the fix of the cause, or with the step of the alert', () => {
  const known = describeAlert({ code: 'finding.new', cause: 'DisabledElsewhere' })
  assert.ok(known.next)
  assert.equal(known.cure, `${known.command}. ${known.next}`)
  const unknown = describeAlert({ code: 'finding.new', cause: 'OfALaterRelease' })
  assert.deepEqual([unknown.next, unknown.cure], [null, unknown.command])
  const step = describeAlert({ code: 'brake.tripped', cause: '' })
  assert.equal(step.cure, `${step.command}, then ${step.next}`)
})
