import type { Expression } from '../../expression/compile.ts'
import { isObject } from '../../json.ts'
import type { Json, JsonObject } from '../../model.ts'
import type { SourceMessage } from '../../ports.ts'
import { messageView } from './message-view.ts'

/** Where a body came from. */
export interface Context {
  readonly source: string
  /** `$message`. */
  readonly message: JsonObject
}

export function contextOf(source: string, message: SourceMessage | undefined): Context {
  return { source, message: message === undefined ? {} : messageView(message) }
}

/** The variables of an expression that are about the message. Most expressions have none. */
export function bindingsFor({ variables }: Expression, { message }: Context): Readonly<Record<string, Json>> {
  return variables.has('message') ? { message } : {}
}

/** A payload as the paths of rules see it. */
export function readable(
  { seesMessage }: { readonly seesMessage: boolean },
  { message }: Context,
  payload: Json,
): Json {
  if (!seesMessage) return payload
  return isObject(payload) ? { ...payload, $message: message } : { $message: message }
}
