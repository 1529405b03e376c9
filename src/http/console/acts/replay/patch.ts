import { RollcallError } from '../../../../core/errors.ts'
import { compileExpression } from '../../../../core/expression/compile.ts'
import type { Evaluator } from '../../../../core/expression/evaluator.ts'
import { MAX_DEPTH } from '../../../../core/json.ts'
import type { Editor } from '../../../../core/report/dead-letters/selection/edit.ts'
import { expressionPatching } from '../../../../core/report/replay/patch/expression-patch.ts'
import { mergePatching, readMergePatch } from '../../../../core/report/replay/patch/merge-patch.ts'
import { readPatchTable } from '../../../../core/report/replay/patch/read-table.ts'
import { tablePatching } from '../../../../core/report/replay/patch/table-patch.ts'
import type { Form } from '../asked.ts'

/** How a form changes events before their replay. `body`: an operator rewrote the only one. */
export const PATCH_KINDS = {
  merge: 'JSON Merge Patch',
  expression: 'JSONata expression that yields the new body',
  table: 'table: new values by id or employee',
  body: 'the body as it is to be',
} as const
export type PatchKind = keyof typeof PATCH_KINDS

export interface Patch {
  readonly kind: PatchKind
  readonly text: string
}

/** `null` when the form changes nothing. Throws `ArgumentInvalid`. */
export function patchIn(form: Form): Patch | null {
  const text = form.text('patch')
  if (text === null) return null
  const kind = form.text('patch-kind') ?? 'merge'
  if (!Object.hasOwn(PATCH_KINDS, kind)) return refuse('the kind of the change is not one of those offered')
  return { kind: kind as PatchKind, text }
}

/** Throws `ArgumentInvalid` for a text that is not what its kind says. It never quotes the text. */
export function editorOf({ kind, text }: Patch, evaluator: Evaluator): Editor {
  switch (kind) {
    case 'merge':
      return mergePatching(mergePatchIn(text))
    case 'expression':
      return expressionPatching(expressionIn(text), evaluator)
    case 'table':
      return tablePatching(
        readPatchTable(text, (why) => refuse(`the table cannot be used: ${why}`)),
        (lines) => {
          if (lines.length > 0)
            refuse(
              `no selected dead letter is about these lines of the table: ${lines.slice(0, 20).join(', ')}`,
            )
        },
      )
    case 'body':
      return {
        kind: 'edit',
        edit: async (letters) => new Map(letters.map(({ id }) => [id, { kind: 'body', body: text }])),
      }
  }
}

function mergePatchIn(text: string) {
  const read = readMergePatch(text)
  switch (read.kind) {
    case 'patch':
      return read.patch
    case 'not-json':
      return refuse('the patch is not JSON')
    case 'too-deep':
      return refuse(`the patch is nested deeper than ${MAX_DEPTH} levels`)
  }
}

function expressionIn(text: string) {
  try {
    return compileExpression(text)
  } catch (error) {
    if (error instanceof RollcallError) return refuse(`the expression cannot be used: ${error.message}`)
    throw error
  }
}

function refuse(why: string): never {
  throw new RollcallError('ArgumentInvalid', why)
}
