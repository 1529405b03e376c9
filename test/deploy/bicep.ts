import { read } from './support.ts'

/**
 * As much of Bicep as can be looked at without its compiler: brackets, names, modules and what they
 * are given. Types are the compiler's: `az bicep build --file deploy/bicep/main.bicep`.
 */
export interface BicepFile {
  readonly params: ReadonlyMap<string, { readonly required: boolean }>
  readonly outputs: ReadonlySet<string>
  readonly modules: readonly {
    readonly name: string
    readonly path: string
    readonly params: readonly string[]
  }[]
  /** `Microsoft.…/…@version`, one entry a use. */
  readonly resources: readonly string[]
  readonly loaded: readonly string[]
  readonly problems: readonly string[]
}

const BUILT_IN = new Set(
  (
    'allowed array bool cidrSubnet concat contains description empty existing false for guid if in int items json loadJsonContent loadTextContent ' +
    'maxLength maxValue minLength minValue module null object output param replace resource resourceGroup string subscription ' +
    'subscriptionResourceId take targetScope toLower true union uniqueString var'
  ).split(' '),
)
const CLOSES: Readonly<Record<string, string>> = { '}': '{', ']': '[', ')': '(' }

export function readBicep(text: string): BicepFile {
  const problems: string[] = []
  const { code, strings } = split(text, problems)
  balanced(code, problems)

  const declared = new Map<string, number>()
  const declare = (name: string): void => {
    if (declared.has(name)) problems.push(`${name} is declared twice`)
    declared.set(name, 0)
  }
  const params = new Map<string, { required: boolean }>()
  for (const [, name = '', fallback] of code.matchAll(/^param (\w+) \w+( =)?/gm)) {
    declare(name)
    params.set(name, { required: fallback === undefined })
  }
  const outputs = new Set<string>()
  for (const [, name = ''] of code.matchAll(/^output (\w+) \w+ =/gm)) outputs.add(name)
  for (const [, name = ''] of code.matchAll(/^var (\w+) =/gm)) declare(name)
  const resources: string[] = []
  for (const [, indent = '', name = '', type = ''] of code.matchAll(/^( *)resource (\w+) (§\d+§)/gm)) {
    const written = strings.get(type) ?? ''
    if (indent === '' && !/^Microsoft\.[\w/]+@\d{4}-\d\d-\d\d$/.test(written))
      problems.push(`${name} has no stable API version`)
    if (indent === '') resources.push(written)
    declare(name)
  }
  const modules = [...code.matchAll(/^module (\w+) (§\d+§) = (?:if \(\w+\) )?\{([\s\S]*?)^\}/gm)].map(
    ([, name = '', path = '', body = '']) => {
      declare(name)
      const given = /^ {2}params: \{\n([\s\S]*?)^ {2}\}/m.exec(body)?.[1] ?? ''
      return {
        name,
        path: strings.get(path) ?? '',
        params: [...given.matchAll(/^ {4}(\w+):/gm)].map(([, key = '']) => key),
      }
    },
  )

  const local = new Set(
    [...code.matchAll(/\bfor \(?(\w+)(?:, (\w+)\))? in\b/g)].flatMap(([, item = '', index = '']) => [
      item,
      index,
    ]),
  )
  for (const word of roots(code)) {
    const uses = declared.get(word)
    if (uses !== undefined) declared.set(word, uses + 1)
    else if (!BUILT_IN.has(word) && !local.has(word) && !outputs.has(word))
      problems.push(`${word} is declared nowhere`)
  }
  // Its declaration is one use of a name.
  for (const [name, uses] of declared)
    if (uses < 2 && (params.has(name) || new RegExp(`^var ${name} `, 'm').test(code)))
      problems.push(`${name} is not used`)
  const loaded = [...code.matchAll(/load(?:Json|Text)Content\((§\d+§)\)/g)].map(
    ([, path = '']) => strings.get(path) ?? '',
  )
  return { params, outputs, modules, resources, loaded, problems }
}

/** What the template tells the connector: variable → expression. */
export function bicepVariables(): ReadonlyMap<string, string> {
  const texts = ['main', 'container-app', 'settings'].map((name) => read(`deploy/bicep/${name}.bicep`))
  return new Map(
    texts.flatMap((text) =>
      [...text.matchAll(/^ +([A-Z][A-Z\d_]+): (.+)$|\{ (ROLLCALL_CONFIG): (.+?) \}/gm)].map(
        ([, name, value, other = '', path = '']) => [name ?? other, value ?? path] as const,
      ),
    ),
  )
}

/** Names that stand for something themselves: no keys of objects, no properties. */
function roots(code: string): readonly string[] {
  // What a loop goes over is followed by a colon as well.
  const plain = code.replace(/\bin (\w+):/g, 'in $1 :')
  return [...plain.matchAll(/(?<![\w.§:])([A-Za-z_]\w*)(?!\w*:(?!:))/g)].map(([, word = '']) => word)
}

/** Takes comments out and puts §n§ for each string, with the expressions inside it after it. */
function split(
  text: string,
  problems: string[],
): { readonly code: string; readonly strings: ReadonlyMap<string, string> } {
  const strings = new Map<string, string>()
  const code = text.replace(/\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'/g, (found) => {
    if (found.startsWith('//')) return ''
    const name = `§${strings.size}§`
    strings.set(name, found.slice(1, -1).replaceAll("\\'", "'"))
    const inside = [...found.matchAll(/\$\{([^}]*)\}/g)].map(([, expression = '']) => `(${expression})`)
    return name + inside.map((one) => ` ${split(one, problems).code.replace(/§\d+§/g, '')}`).join('')
  })
  if (code.includes("'")) problems.push('a string has no end')
  return { code, strings }
}

function balanced(code: string, problems: string[]): void {
  const open: string[] = []
  for (const sign of code.match(/[[\]{}()]/g) ?? []) {
    const opens = CLOSES[sign]
    if (opens === undefined) open.push(sign)
    else if (open.pop() !== opens) problems.push(`${sign} closes nothing`)
  }
  for (const sign of open) problems.push(`${sign} is not closed`)
}
