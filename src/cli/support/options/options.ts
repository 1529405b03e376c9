import { InvalidArgumentError, Option } from '@commander-js/extra-typings'
import { operatingSystemUser } from '../../../compose/instance/os-user.ts'
import { actorText } from '../../../core/actor.ts'
import { type Format, printJsonInLines } from '../output.ts'

/**
 * Options that several commands share. Each call creates a new one, because commander changes them.
 */

const FORMATS = ['table', 'json', 'ndjson'] as const

/**
 * For a command with one result. The command only checks for JSON; `printJson` decides between one
 * document and a line for each value of a list.
 */
export const formatOption = () =>
  new Option('--output <format>', 'how the result is printed')
    .choices(FORMATS)
    .argParser((text): Format => {
      const format = FORMATS.find((one) => one === text)
      if (format === undefined) throw new InvalidArgumentError(`Allowed choices are ${FORMATS.join(', ')}.`)
      printJsonInLines(format === 'ndjson')
      return format === 'table' ? 'table' : 'json'
    })
    .default('table' as const)

/** For a command that writes rows one by one (`rowWriter`). */
export const rowFormatOption = () =>
  new Option('--output <format>', 'how the rows are printed').choices(FORMATS).default('table' as const)

export const actorOption = (description = 'who takes this action') =>
  optionalActorOption(description).makeOptionMandatory()

/** For a command that takes it only with another option. */
export const optionalActorOption = (description: string) =>
  new Option('--actor <name>', description).argParser(actorNamed)

/** The name that was given, and the user of the operating system, who cannot be chosen freely. */
export function actorNamed(name: string): string {
  return name.trim() === '' ? name : actorText({ name, id: operatingSystemUser() })
}

export const justificationOption = (description = 'why; free text, so keep personal data out of it') =>
  optionalJustificationOption(description).makeOptionMandatory()

/** For a command that takes it only with another option. */
export const optionalJustificationOption = (description: string) =>
  new Option('--justification <text>', description)

export const showValuesOption = (description = 'show values of personal attributes') =>
  new Option('--show-values', description).default(false)

/** A whole number from 1. */
export function count(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('it must be a whole number from 1')
  return value
}

export function port(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0 || value > 65_535)
    throw new InvalidArgumentError('it must be a port: a whole number from 0 to 65535')
  return value
}
