import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { it } from 'node:test'
import { applyRules, type SendingRules } from '../../../src/core/plan/apply-rules.ts'
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

void it('the rules in force have one mark: that of the pilot, and another with destinations', async () => {
  const digest = (text: string) => createHash('sha256').update(text).digest('hex')
  const markOf = async (rules: SendingRules): Promise<number> => {
    const marks: number[] = []
    const replanForPilot: Parameters<typeof applyRules>[0]['replanForPilot'] = async ({ mark }) => {
      marks.push(mark)
      return { replanned: 0, next: null }
    }
    await applyRules({ replanForPilot }, rules, { now: () => 0, log: silentLogger, digest })
    return marks[0] ?? assert.fail()
  }
  const pilot = pilotOf({ employees: ['20011'] }, [], digest)
  const to = (text: string) => ({ routing: { text } })
  assert.equal(await markOf({ pilot: null }), NO_PILOT)
  assert.equal(await markOf({ pilot, destinations: null }), pilot.mark)
  const marks = [
    NO_PILOT,
    pilot.mark,
    await markOf({ pilot: null, destinations: to('a') }),
    await markOf({ pilot, destinations: to('a') }),
    await markOf({ pilot, destinations: to('b') }),
  ]
  assert.equal(new Set(marks).size, marks.length, String(marks))
  assert.equal(await markOf({ pilot, destinations: to('b') }), marks.at(-1))
})
