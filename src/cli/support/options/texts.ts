import { RollcallError } from '../../../core/errors.ts'

/** Throws `ArgumentInvalid` for an actor or justification that is blank. */
export function expectTexts(texts: { readonly actor: string; readonly justification: string }): void {
  const { actor, justification } = texts
  for (const [option, text] of Object.entries({ actor, justification }))
    if (text.trim() === '') throw new RollcallError('ArgumentInvalid', `--${option} must not be blank`)
}
