import { BodyError } from './xml.ts'

/**
 * Names the service takes: letters, digits, and `. - _ ~` between them; `/` in those of queues and
 * topics [documented].
 */
export function checkName(name: string, kind: 'entity' | 'part'): void {
  const longest = kind === 'entity' ? 260 : 50
  const fits = kind === 'entity' ? /^\w(?:[\w.~/-]*\w)?$/ : /^[\w$](?:[\w$.~-]*[\w$])?$/
  if (name.length > longest || !fits.test(name) || name.includes('//'))
    throw new BodyError(`The name '${name}' is longer than ${longest} characters or not valid.`)
}
