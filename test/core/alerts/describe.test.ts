import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { AlertCode } from '../../../src/core/alerts/codes.ts'
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

void it('the command names the cause where it is one word, and for messages on the bus their store', () => {
  const command = (code: AlertCode, cause: string) => describeAlert({ code, cause }).command
  assert.match(command('deadletter.new', 'InvalidValue'), / --code InvalidValue$/)
  assert.match(command('deadletter.new', 'bus: BodyNotJson'), / --store bus$/)
  assert.doesNotMatch(command('deadletter.new', 'two words'), / --/)
  assert.match(command('leaver.open', 'brake'), / --cause brake$/)
  assert.equal(command('channel.down', 'ops'), 'rollcall notifications test ops')
})

void it('a dead letter of a known reason says what it means, with the step of the alert before its fix', () => {
  const known = describeAlert({ code: 'deadletter.new', cause: 'NoOutcome' })
  assert.ok(known.meaning)
  assert.match(known.next ?? '', /^correct the cause and run rollcall replay\. /)
  assert.equal(describeAlert({ code: 'deadletter.new', cause: 'OfALaterRelease' }).meaning, null)
})

void it('a job that is about to be put into quarantine says by which limit', () => {
  const about = (cause: string) => describeAlert({ code: 'job.failing', cause }).meaning
  assert.match(about('failures') ?? '', /^More than 40,000 failed operations .*\.$/)
  assert.equal(about('OfALaterRelease'), null)
})
