import { InvalidArgumentError } from '@commander-js/extra-typings'
import { DELIMITERS } from '../../core/intake/table-form.ts'

/** What `--delimiter` takes: a name, or the character itself. */
export function delimiter(text: string): string {
  const named = DELIMITERS.get(text) ?? text
  if (/^[^"\w\r\n]$/u.test(named)) return named
  throw new InvalidArgumentError(`it must be ${[...DELIMITERS.keys()].join(', ')}, or one character`)
}
