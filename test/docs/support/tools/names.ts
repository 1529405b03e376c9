import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { at, documents, entries, files, read, root, VARIABLES, version } from '../../../deploy/support.ts'
import { commandOf } from '../../../fakes/command-line.ts'
import type { ToolLine } from './read-line.ts'

/**
 * Names of the resources that the Bicep template makes, as it makes them without other parameters.
 */
function namesOfBicep(): ReadonlySet<string> {
  const texts = files('deploy/bicep/*.bicep').map(read).join('\n')
  const [, name = ''] = /^param name string = '(\w+)'/m.exec(read('deploy/bicep/main.bicep')) ?? []
  const made = [...texts.matchAll(/\b(?:name|\w*Name): '([^']+)'/g)].map(([, one = '']) => one)
  return new Set([name, ...made.map((one) => one.replaceAll('${name}', name))])
}

const kubernetes = files('deploy/kubernetes/{base,overlays,components}/**/*.yaml').flatMap((path) =>
  documents(read(path)),
)
const BICEP = namesOfBicep()
const MANIFESTS = new Set(
  kubernetes.map((one) => `${String(at(one, 'kind')).toLowerCase()}/${String(at(one, 'metadata', 'name'))}`),
)
const NAMESPACES = new Set(kubernetes.flatMap((one) => at(one, 'namespace') ?? []))
const SECRETS = new Set(
  [
    ...files('deploy/kubernetes/**/*.yaml')
      .map(read)
      .join('\n')
      .matchAll(/secretRef:\s+name: (\S+)/g),
  ].map(([, name]) => name),
)
/**
 * Variables of `azd env set`: those that its parameters read, and the resource group, which azd
 * reads itself.
 */
const AZD_VARIABLES = new Set([
  'AZURE_RESOURCE_GROUP',
  ...[...read('deploy/bicep/main.bicepparam').matchAll(/readEnvironmentVariable\('(\w+)'/g)].map(
    ([, name]) => name,
  ),
])

/**
 * Names in a line that no file of the deployment defines. `folder` is where it is typed, below the
 * root.
 */
export async function unknownNames(line: ToolLine, folder = '.'): Promise<readonly string[]> {
  const check = CHECKS.find(([pattern]) => pattern.test(line.name))?.[1]
  const unknown = (await check?.(line, folder)) ?? []
  const images = [
    ...line.operands,
    ...(line.options.get('--image') ?? []),
    ...(line.options.get('--tag') ?? []),
  ]
  return [...unknown, ...images.filter((one) => one.startsWith('rollcall:') && one !== `rollcall:${version}`)]
}

type Check = (line: ToolLine, folder: string) => readonly string[] | Promise<readonly string[]>

const values = (line: ToolLine, ...names: readonly string[]): readonly string[] =>
  names.flatMap((name) => line.options.get(name) ?? [])
const missing = (folder: string, paths: readonly string[]): readonly string[] =>
  paths.filter((path) => !path.startsWith('$') && !existsSync(join(root, folder, path)))
const notIn = (known: ReadonlySet<unknown>, names: readonly string[]): readonly string[] =>
  names.filter((name) => !name.startsWith('$') && !known.has(name))

/** The first that fits a command looks at its names. */
const CHECKS: readonly (readonly [RegExp, Check])[] = [
  [/^az (deployment|bicep)/, (line, folder) => missing(folder, values(line, '--parameters', '--file'))],
  [/^az acr build/, (line, folder) => missing(folder, values(line, '--file'))],
  [
    /^az (containerapp|identity)/,
    async (line) => [
      ...notIn(
        BICEP,
        values(line, '--identity-name', ...(line.name.includes('federated') ? [] : ['--name'])),
      ),
      ...(await insideOf(values(line, '--command').flatMap((command) => command.split(' ')))),
    ],
  ],
  [/^azd env set/, ({ operands: [name = ''] }) => notIn(AZD_VARIABLES, [name])],
  [/^docker (buildx )?build/, (line, folder) => missing(folder, values(line, '--file'))],
  [
    /^docker compose/,
    async (line, folder) => [
      ...notIn(new Set(servicesIn(folder)), line.operands),
      ...(await insideOf(line.inside)),
    ],
  ],
  [
    /^kubectl/,
    async (line, folder) => [
      ...notIn(NAMESPACES, values(line, '--namespace')),
      ...notIn(NAMESPACES, line.name.endsWith('namespace') ? line.operands : []),
      ...notIn(MANIFESTS, /exec|rollout/.test(line.name) ? line.operands : []),
      ...notIn(SECRETS, line.name.includes('secret') ? line.operands : []),
      ...notIn(
        VARIABLES,
        values(line, '--from-literal').map((pair) => pair.split('=')[0] ?? ''),
      ),
      ...missing(
        folder,
        [...values(line, '--kustomize'), ...(line.name.endsWith('kustomize') ? line.operands : [])].map(
          (path) => join(path, 'kustomization.yaml'),
        ),
      ),
      ...(await insideOf(line.inside)),
    ],
  ],
  [
    /^helm/,
    (line, folder) => [
      ...missing(
        folder,
        line.operands.slice(1).map((path) => join(path, 'Chart.yaml')),
      ),
      ...notIn(NAMESPACES, values(line, '--namespace')),
      ...notIn(
        new Set(Object.keys(documents(read('deploy/helm/rollcall/values.yaml'))[0] ?? {})),
        values(line, '--set-file', '--set-string').map((pair) => /^\w+/.exec(pair)?.[0] ?? pair),
      ),
    ],
  ],
  [/^promtool/, (line, folder) => missing(folder, line.operands)],
]

/** A `rollcall` that is run in a container: the parser has to take it. */
async function insideOf(words: readonly string[]): Promise<readonly string[]> {
  if (words[0] !== 'node') return []
  const [, program = '', ...rest] = words
  if (!existsSync(join(root, program))) return [program]
  return commandOf(rest).then(
    () => [],
    (error: unknown) => [`${rest.join(' ')}: ${String(error)}`],
  )
}

function servicesIn(folder: string): readonly string[] {
  const file = ['compose.yaml', 'docker-compose.yml'].find((name) => existsSync(join(root, folder, name)))
  if (file === undefined) return []
  return documents(read(join(folder, file))).flatMap((one) => entries(one['services']).map(([name]) => name))
}
