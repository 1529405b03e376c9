import { unwrapped } from '../../../intake/body/text.ts'
import type { Json } from '../../../model.ts'
import { readJson } from '../../../parse-json.ts'
import type { Editable, Edited, Editor } from '../../dead-letters/selection/edit.ts'

/** What a patch makes of one body; `failed` says why, naming places and never values. */
export type Patched = Placed | { readonly kind: 'unchanged'; readonly why: string }
export type Placed =
  | { readonly kind: 'patched'; readonly body: Json }
  | { readonly kind: 'failed'; readonly why: string }

/** Bodies patched at once. */
const AT_ONCE = 200

/** An editor that applies one patch to the JSON of each body. */
export function patching(patch: (body: Json, of: Editable) => Patched | Promise<Patched>): Editor {
  const edit = async (of: Editable): Promise<Edited> => {
    const read = readJson(of.body)
    // The body stays as it is, and intake says what is wrong with it.
    if (read.kind !== 'json') return { kind: 'body', body: of.body }
    const patched = await patch(unwrapped(read.value), of)
    switch (patched.kind) {
      case 'patched':
        return { kind: 'body', body: JSON.stringify(patched.body) }
      case 'unchanged':
        return { kind: 'refused', code: 'PatchChangesNothing', detail: patched.why }
      case 'failed':
        return { kind: 'refused', code: 'PatchFailed', detail: patched.why }
    }
  }
  return {
    kind: 'patch',
    edit: async (deadLetters) => {
      const edited = new Map<string, Edited>()
      for (let at = 0; at < deadLetters.length; at += AT_ONCE) {
        const part = deadLetters.slice(at, at + AT_ONCE)
        const all = await Promise.all(part.map(edit))
        for (const [index, { id }] of part.entries()) {
          const one = all[index]
          if (one) edited.set(id, one)
        }
      }
      return edited
    },
  }
}
