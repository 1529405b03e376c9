import { Option } from '@commander-js/extra-typings'
import { RollcallError } from '../../../core/errors.ts'
import { ask, say } from '../output.ts'

/** Of every command that does what cannot be undone. */
export const yesOption = () => new Option('--yes', 'do not ask for confirmation').default(false)

/** What cannot be undone. */
export interface Confirmation {
  /** What it does, behind "this would": `discard 412 dead letters`. */
  readonly what: string
  /** What the operator types to confirm: the count, or the name of a single object. */
  readonly typed: string | number
  readonly yes: boolean
  /** The command has `--dry-run`. */
  readonly dryRun?: boolean
}

/**
 * Asks before an action that cannot be undone: on a terminal the operator types the count. Resolves
 * to false if another text is typed; the command then ends with exit code 8, `stopped`. Without a
 * terminal and without `--yes` it throws `ArgumentInvalid`.
 */
export async function confirmed({ what, typed, yes, dryRun = false }: Confirmation): Promise<boolean> {
  if (yes) return true
  const answer = await ask(`This would ${what}, and cannot be undone. Type ${typed} to go on: `)
  if (answer === null)
    throw new RollcallError(
      'ArgumentInvalid',
      `this would ${what}, which cannot be undone, and there is no terminal to ask on: add --yes to do it${dryRun ? ', or --dry-run to look' : ''}`,
    )
  if (answer.trim() === String(typed)) return true
  say('nothing was changed')
  return false
}

/**
 * The same, but asks only for more than one: a command that names a single object is clear enough.
 */
export async function confirmedOfMany(
  count: number,
  { what, ...more }: Omit<Confirmation, 'typed'>,
): Promise<boolean> {
  return count < 2 || confirmed({ ...more, what, typed: count })
}
