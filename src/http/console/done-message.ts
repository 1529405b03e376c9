import { sameSecret } from '../access/token.ts'
import { seal, type Visitor } from '../access/visitor.ts'

/** How long a message is shown when its page is loaded again. */
const SHOWN_MS = 60_000

/**
 * The address of a page that shows what was done. Only this visitor sees it, and no
 * other visitor can write one.
 */
export function withMessage(to: string, done: string, visitor: Visitor, now: number): string {
  if (visitor.key === null) return to
  const [path = '', query] = to.split('?', 2)
  const parameters = new URLSearchParams(query)
  const content = `${now + SHOWN_MS}.${done}`
  parameters.set('done', `${seal(visitor.key, `message ${content}`)}.${content}`)
  return `${path}?${parameters.toString()}`
}

/** `null` for a message that is old, or was not written for this visitor. */
export function messageIn(parameter: string | undefined, { key }: Visitor, now: number): string | null {
  const [, given, content, until, done] = /^([\w-]{43})\.((\d{1,15})\.(.+))$/s.exec(parameter ?? '') ?? []
  if (key === null || given === undefined || done === undefined) return null
  return sameSecret(given, seal(key, `message ${content}`)) && now < Number(until) ? done : null
}
