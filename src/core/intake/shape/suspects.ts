import { evaluateOne, type Expression } from '../../expression/compile.ts'
import type { Evaluator } from '../../expression/evaluator.ts'
import { isObject } from '../../json.ts'
import type { Json, JsonObject } from '../../model.ts'
import type { Access } from '../access.ts'
import type { Envelope } from '../decode.ts'
import { bindingsFor, type Context, readable } from './context.ts'
import { idOf, listOf } from './fields.ts'
import { fromXml } from './xml-as-json.ts'

/** The parts of a shape that make events, without those that check. */
export interface EventParts {
  readonly xml: boolean
  readonly items: Expression | null
  readonly id: string | readonly string[] | undefined
  readonly access: Access | null
  readonly event: Expression
  readonly seesMessage: boolean
  readonly evaluator: Evaluator
  digest(text: string): string
}

/** Items of a refused message that are looked at. */
const MOST = 1_000

/**
 * What a refused body seems to say, without any check and with a status that is not known as
 * inactive: only to see whether an employee in it may be leaving. Empty when nothing can be read.
 */
export async function suspectsIn(
  parts: EventParts,
  given: Json,
  context: Context,
): Promise<readonly Envelope[]> {
  const body = parts.xml ? fromXml(given) : given
  const evaluated =
    parts.items === null
      ? null
      : await evaluateOne(parts.evaluator, parts.items, body, bindingsFor(parts.items, context))
  if (evaluated?.kind === 'failed') return []
  const items = listOf(evaluated === null ? body : evaluated.value).slice(0, MOST)
  const suspects = await Promise.all(
    items.map((value, index) => suspectsOf(parts, { ...context, value, index })),
  )
  return suspects.flat()
}

async function suspectsOf(
  parts: EventParts,
  item: Context & { readonly value: Json; readonly index: number },
): Promise<readonly Envelope[]> {
  const { access, event, evaluator, id, digest } = parts
  const { value, index, source } = item
  const payload = readable(parts, item, value)
  const reading = access?.(payload) ?? null
  const isUnknown = reading?.kind === 'unknown'
  const active = reading?.kind === 'access' ? reading.active : isUnknown ? false : null
  const bindings = {
    index,
    source,
    ...(active === null ? {} : { active }),
    ...bindingsFor(event, item),
  }
  const made = await evaluateOne(evaluator, event, value, bindings)
  if (made.kind === 'failed') return []
  const own = id === undefined ? {} : { id: idOf(id, payload, source, digest) }
  return listOf(made.value).flatMap((one) => {
    if (!isObject(one)) return []
    const data = one['data'] ?? {}
    const worker = isObject(data) ? data['worker'] : undefined
    // A shape need not use the status it declares; it is not known all the same.
    const doubtful = isUnknown ? { ...(isObject(worker) ? worker : {}), active: false } : worker
    const suspected = isObject(data) && doubtful !== undefined ? { ...data, worker: doubtful } : data
    return [{ attributes: { source, ...own, ...withoutNullText(one) }, data: suspected }]
  })
}

/** Most shapes write the employee with `$string`, which makes the text "null" of a null. */
function withoutNullText({ subject, ...rest }: JsonObject): JsonObject {
  return subject === undefined || subject === 'null' ? rest : { ...rest, subject }
}
