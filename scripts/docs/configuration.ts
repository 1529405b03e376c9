import { ENVIRONMENT } from '../../src/config.ts'
import { jsonSchema } from '../../src/config/schema.ts'

/** The page of the configuration, made from the two schemas. */
export function renderConfiguration(): string {
  const defaults = new Map<string, unknown>(Object.entries(ENVIRONMENT.parse({})))
  const rows = Object.entries(ENVIRONMENT.shape).map(([name, schema]) => {
    const { description = '', secret = false } = schema.meta() ?? {}
    const value = defaults.get(name) ?? null
    const shown =
      value === null
        ? '–'
        : `\`${value === Number.POSITIVE_INFINITY ? 'unlimited' : JSON.stringify(value).replaceAll('"', '')}\``
    return `| \`${name}\` | ${shown} | ${description}${secret ? ' (secret)' : ''} |`
  })
  return `# Configuration

Where and how to connect, and every limit, comes from the environment. Where events come from and what goes where in the directory comes from a file,
\`rollcall.yaml\`; without one, canonical events come from one queue and the default mapping holds. Nothing that does not say what it should is passed over: the process ends
with exit code 2 and the name of the variable, or file, line, column and path, and what it takes; never the value.

| command | does |
| --- | --- |
| \`rollcall config check [file]\` | reads everything, compiles mapping, shapes and sources, and says every problem and where |
| \`rollcall config print\` | what is in force, as a file; secrets masked |
| \`rollcall config schema\` | the JSON Schema of the file, for editors: \`# yaml-language-server: $schema=./rollcall.schema.json\` on its first line |

## Environment
Names that end in \`_MS\` are milliseconds. \`CALLS_PER_5S\`, \`CALLS_PER_DAY\`, \`LOG_REQUESTS_PER_10S\`, \`BRAKE_ABSOLUTE\` and \`BRAKE_FLOOR\` also take \`unlimited\`.
A secret may be in a file instead: \`AZURE_CLIENT_SECRET_FILE\` names one that holds \`AZURE_CLIENT_SECRET\`.

| variable | default | what it says |
| --- | --- | --- |
${rows.join('\n')}

\`rollcall local\` prints the variables for its doubles; with \`--fast\` also the short durations that go with them.

## File
\`ROLLCALL_CONFIG\` names it; otherwise \`rollcall.yaml\` in the working directory is read where it is there. A key that is not known is an error.
In every text \`\${NAME}\` stands for a variable of the environment (or the content of the file \`NAME_FILE\` names), \`\${NAME:-otherwise}\` has a default, and \`$\${\` is \`\${\` itself.

\`\`\`yaml
settings:
  SERVICEBUS_FQDN: contoso.servicebus.windows.net
  PROVISIONING_ENDPOINT: \${PROVISIONING_ENDPOINT}
sources:
  - name: /hr/acme
    match: /hr/acme*
    queue: hr-events
    zone: Europe/Berlin
    lastDay: inclusive
  - name: /hr/bamboo
    queue: bamboo-webhooks
    sessions: true
    shape: bamboohr-fields
    zone: America/Denver
    rank: 10
mapping:
  attributes:
    displayName: { jsonata: "name.givenName & ' ' & name.familyName" }
    userType: { constant: Employee }
    urn:ietf:params:scim:schemas:extension:acme:2.0:User:building: office.building
\`\`\`

More about [sources and shapes](../guides/sources.md) and about the [mapping](../guides/mapping.md).

| key | what it says |
| --- | --- |
${fileRows(jsonSchema(), '').join('\n')}
`
}

function fileRows(schema: unknown, path: string): readonly string[] {
  return [...branches(schema)].flatMap((branch) => {
    const properties = Object.entries(object(branch['properties'])).flatMap(([key, child]) => {
      const here = path === '' ? key : `${path}.${key}`
      return [row(child, here), ...fileRows(child, here)]
    })
    const items = branch['items'] === undefined ? [] : fileRows(branch['items'], `${path}[]`)
    const entries =
      typeof branch['additionalProperties'] === 'object'
        ? fileRows(branch['additionalProperties'], `${path}.<name>`)
        : []
    return [...properties, ...items, ...entries]
  })
}

function row(schema: unknown, path: string): string {
  const { description = '', default: fallback } = object(schema)
  const scalar = ['string', 'number', 'boolean'].includes(typeof fallback)
  return `| \`${path}\` | ${text(description).replaceAll('|', '\\|')}${scalar ? ` (default \`${text(fallback)}\`)` : ''} |`
}

function branches(schema: unknown): readonly Record<string, unknown>[] {
  const one = object(schema)
  return Array.isArray(one['anyOf']) ? one['anyOf'].flatMap(branches) : [one]
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function object(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
