import * as z from 'zod'
import type { EntityCounts } from '../entities/counts.ts'
import { type ActiveFault, type Fault, faultSchema } from '../faults.ts'
import { type BrokerSettings, settingsSchema } from '../settings.ts'

export interface ControlAnswer {
  readonly status: number
  /** Undefined for an answer without a body. */
  readonly json?: unknown
}

export interface ControlParts {
  readonly faults: () => readonly ActiveFault[]
  readonly inject: (fault: Fault) => Promise<void>
  readonly settings: () => BrokerSettings
  readonly configure: (settings: Partial<BrokerSettings>) => void
  /** By address; dead-letter queues have entries of their own. */
  readonly entities: () => Readonly<Record<string, EntityCounts>>
}

const faultsSchema = z.union([z.array(faultSchema), faultSchema.transform((fault) => [fault])])

/** What only the double has: a look inside, and ways to make things happen. No token is needed. */
export class ControlApi {
  private readonly parts: ControlParts

  constructor(parts: ControlParts) {
    this.parts = parts
  }

  /** `name` is the path behind the prefix: `faults`, `settings` or `entities`. */
  async answer(method: string, name: string, body: string): Promise<ControlAnswer> {
    switch (`${method} ${name}`) {
      case 'GET faults':
        return { status: 200, json: this.parts.faults() }
      case 'POST faults':
        return await this.postFaults(body)
      case 'DELETE faults':
        await this.parts.inject({ kind: 'resume' })
        return { status: 204 }
      case 'GET settings':
        return { status: 200, json: this.parts.settings() }
      case 'PATCH settings':
        return this.patchSettings(body)
      case 'GET entities':
        return { status: 200, json: this.parts.entities() }
      default:
        return { status: 404, json: { error: `There is no ${method} /$double/${name}.` } }
    }
  }

  private async postFaults(body: string): Promise<ControlAnswer> {
    const faults = read(faultsSchema, body)
    if ('error' in faults) return { status: 400, json: faults }
    for (const fault of faults.value) await this.parts.inject(fault)
    return { status: 204 }
  }

  private patchSettings(body: string): ControlAnswer {
    const settings = read(settingsSchema, body)
    if ('error' in settings) return { status: 400, json: settings }
    this.parts.configure(settings.value)
    return { status: 200, json: this.parts.settings() }
  }
}

function read<T>(schema: z.ZodType<T>, body: string): { readonly value: T } | { readonly error: string } {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    return { error: 'The body is not JSON.' }
  }
  const parsed = schema.safeParse(json)
  return parsed.success ? { value: parsed.data } : { error: z.prettifyError(parsed.error) }
}
