import { visible } from '../core/display/visible.ts'

/** A place in the file. */
export type Path = readonly (string | number)[]
/** An error in the file. `key` when the key itself is wrong and not its value. */
export interface Problem {
  readonly path: Path
  readonly message: string
  readonly key?: boolean
}

/** The path of a place, such as `sources[0].order`, followed by a blank when it is not empty. */
export function spell(path: Path): string {
  if (path.length === 0) return ''
  const spelled = path
    .map((part) =>
      typeof part === 'number'
        ? `[${part}]`
        : /^[\w-]+$/.test(part)
          ? `.${part}`
          : `[${visible(JSON.stringify(part))}]`,
    )
    .join('')
  return `${spelled.replace(/^\./, '')} `
}
