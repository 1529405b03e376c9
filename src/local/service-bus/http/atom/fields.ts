import type { EntityStatus } from '../../config.ts'
import { durationMs } from '../../config-file.ts'
import { BodyError, type Element, textOf } from './xml.ts'

/**
 * The longest time the service knows, which stands for no limit (`TimeSpan.MaxValue` of .NET).
 */
const FOREVER = 'P10675199DT2H48M5.4775807S'
const FOREVER_MS = durationMs(FOREVER)

const STATUSES: ReadonlySet<string> = new Set(['Active', 'Disabled', 'SendDisabled', 'ReceiveDisabled'])

/**
 * Reads the fields of a description. Each method returns undefined for a field that is not there
 * and throws BodyError for a wrong one.
 */
export class Fields {
  private readonly element: Element

  constructor(element: Element) {
    this.element = element
  }

  text(name: string): string | undefined {
    return textOf(this.element, name)
  }

  boolean(name: string): boolean | undefined {
    const text = this.text(name)?.toLowerCase()
    if (text === undefined) return undefined
    if (text !== 'true' && text !== 'false') throw invalid(name, text)
    return text === 'true'
  }

  positive(name: string): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const value = Number(text)
    if (!Number.isSafeInteger(value) || value < 1) throw invalid(name, text)
    return value
  }

  /** Milliseconds; Infinity for the service's longest time. */
  duration(name: string): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    try {
      const ms = durationMs(text)
      if (ms > 0) return ms >= FOREVER_MS ? Infinity : ms
    } catch {
      // Said below.
    }
    throw invalid(name, text)
  }

  status(): EntityStatus | undefined {
    const text = this.text('Status')
    if (text === undefined) return undefined
    if (!isStatus(text)) throw invalid('Status', text)
    return text
  }
}

function isStatus(text: string): text is EntityStatus {
  return STATUSES.has(text)
}

function invalid(name: string, text: string): BodyError {
  return new BodyError(`The value '${text}' of ${name} is not valid.`)
}

/** A duration as the service writes it: `PT1M30S`, `P1DT2H`, `PT0S`. */
export function durationText(ms: number): string {
  if (ms >= FOREVER_MS) return FOREVER
  const seconds = (ms % 60_000) / 1000
  const minutes = Math.floor(ms / 60_000) % 60
  const hours = Math.floor(ms / 3_600_000) % 24
  const days = Math.floor(ms / 86_400_000)
  const part = (value: number, unit: string) => (value === 0 ? '' : `${value}${unit}`)
  const time = `${part(hours, 'H')}${part(minutes, 'M')}${part(seconds, 'S')}`
  if (days === 0 && time === '') return 'PT0S'
  return `P${part(days, 'D')}${time === '' ? '' : `T${time}`}`
}
