import assert from 'node:assert/strict'
import { it } from 'node:test'
import { applyRules } from '../../../src/core/plan/apply-rules.ts'
import { NO_PILOT, pilotOf } from '../../../src/core/plan/pilot.ts'
import { PilotSettings } from '../../../src/core/plan/settings.ts'
import { silentLogger } from '../../../src/core/runtime.ts'

void it('a pilot names employees or at least one attribute', () => {
  const isValid = (settings: object): boolean => PilotSettings.safeParse(settings).success
  assert.deepEqual([{ employees: ['20011'] }, { where: { department: 'Sales' } }].map(isValid), [true, true])
  assert.deepEqual([{}, { employees: [] }, { where: {} }].map(isValid), [false, false, false])
})

void it('no pilot has the mark of a connector that sends every employee', () => {
  const marks = ['000000000000', '000000000001'].map(
    (digest) => pilotOf({ employees: ['20011'] }, [], () => digest).mark,
  )
  assert.ok(!marks.includes(NO_PILOT), String(marks))
})

void it('a changed pilot is logged with how many employees are planned again, and an unchanged one is not', async () => {
  const logged: unknown[] = []
  const log = { ...silentLogger, info: (name: string, fields?: object) => void logged.push([name, fields]) }
  const apply = (...pages: readonly { readonly replanned: number; readonly next: string | null }[]) => {
    const left = [...pages]
    const replanForPilot = async () => left.shift() ?? { replanned: 0, next: null }
    return applyRules({ replanForPilot }, { pilot: null }, { now: () => 0, log, digest: (text) => text })
  }
  await apply({ replanned: 0, next: null })
  assert.deepEqual(logged, [])
  await apply({ replanned: 1, next: 'p2' }, { replanned: 0, next: null })
  assert.deepEqual(logged, [
    ['pilot.applied', { pilot: false, employees: 1, what: 'they are planned again' }],
  ])
})
