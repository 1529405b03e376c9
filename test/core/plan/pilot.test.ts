import assert from 'node:assert/strict'
import { it } from 'node:test'
import { PilotSettings } from '../../../src/core/plan/pilot.ts'

void it('a pilot names employees or at least one attribute', () => {
  const isValid = (settings: object): boolean => PilotSettings.safeParse(settings).success
  assert.deepEqual([{ employees: ['20011'] }, { where: { department: 'Sales' } }].map(isValid), [true, true])
  assert.deepEqual([{}, { employees: [] }, { where: {} }].map(isValid), [false, false, false])
})
