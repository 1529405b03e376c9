import { readFile } from 'node:fs/promises'
import * as z from 'zod'
import { type Fault, faultSchema } from './faults.ts'
import { type BrokerSettings, settingsSchema } from './settings.ts'

const schema = z.looseObject({ faults: z.array(faultSchema).default([]) })

/** Settings of the broker, and faults that are in force from its start. */
export interface SettingsFile {
  readonly settings: Partial<BrokerSettings>
  readonly faults: readonly Fault[]
}

/**
 * Reads a JSON file of settings, with `faults` among them. Rejects with an Error that names what is
 * wrong.
 */
export async function readSettingsFile(path: string): Promise<SettingsFile> {
  try {
    const { faults, ...rest } = schema.parse(JSON.parse(await readFile(path, 'utf8')))
    return { settings: settingsSchema.parse(rest), faults }
  } catch (error) {
    const what =
      error instanceof z.ZodError
        ? z.prettifyError(error)
        : error instanceof Error
          ? error.message
          : String(error)
    throw new Error(`${path} holds no settings of the Service Bus double: ${what}`, { cause: error })
  }
}
