import { systemRuntime } from '../../../src/adapters/system.ts'
import type { JsonObject } from '../../../src/core/model.ts'
import { type Runtime, silentTelemetry } from '../../../src/core/runtime.ts'

export interface Line {
  readonly level: 'info' | 'warn' | 'error'
  readonly event: string
  readonly fields: JsonObject
}

/** The real clock, or the one given, with rests cut short; and everything that was logged. */
export function briskRuntime(
  longestRestMs: number,
  clock: Partial<Pick<Runtime, 'now' | 'sleep'>> = {},
): Runtime & { readonly lines: Line[] } {
  const lines: Line[] = []
  const note =
    (level: Line['level']) =>
    (event: string, fields: JsonObject = {}): void =>
      void lines.push({ level, event, fields })
  const base = {
    ...systemRuntime({ info: note('info'), warn: note('warn'), error: note('error') }, silentTelemetry),
    ...clock,
  }
  return { ...base, sleep: (ms, signal) => base.sleep(Math.min(ms, longestRestMs), signal), lines }
}
