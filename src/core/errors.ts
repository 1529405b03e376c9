/**
 * An error whose message we wrote: it says what is wrong, where, and what to do, and names no value of a person.
 * `code` is for scripts and logs.
 */
export class RollcallError extends Error {
  override readonly name = 'RollcallError'
  readonly safe = true
  readonly code: string
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** For the branch of a switch that the types say cannot be reached. */
export function unreachable(value: never): never {
  throw new RollcallError('Unreachable', `unexpected case ${String(value)}`)
}
