import { ENVIRONMENT } from '../../src/config/environment.ts'
import { jsonSchema } from '../../src/config/schema.ts'

/** The page starts a section at each of these variables, in the order of the schema. */
const SECTIONS: Readonly<Record<string, string>> = {
  ROLLCALL_CONFIG: 'File and ledger',
  SERVICEBUS_CONNECTION_STRING: 'Service Bus',
  OUTCOMES_QUEUE: 'Outcomes and dead letters',
  PROVISIONING_ENDPOINT: 'Entra, identity and proxy',
  LOG_LEVEL: 'Logging and source defaults',
  IN_FLIGHT: 'Intake',
  COALESCE_QUIET_MS: 'Planning',
  BATCH_OPERATIONS: 'Submission',
  LOG_POLL_MS: 'Provisioning log',
  BRAKE_WINDOW_MS: 'Brake',
  JOB_POLL_MS: 'Job, retention and watchdog',
  HTTP_ADDRESS: 'Probes and telemetry',
  CONSOLE: 'Console',
}

/** The page of the configuration, made from the two schemas. */
export function renderConfiguration(): string {
  return `# Configuration

Limits, and where and how to connect, come from the environment. Sources and mapping come from the file
\`rollcall.yaml\`. Without a file, canonical events come from one queue and the default mapping applies.

A wrong value is never ignored. The process ends with exit code 2 and names the variable, or file, line,
column and path, and what is allowed. It never shows the value.

| command | does |
| --- | --- |
| \`rollcall config check [file]\` | reads and compiles everything, and reports every problem with its place |
| \`rollcall config print\` | prints the configuration in force as a file; secrets are masked |
| \`rollcall config schema\` | prints the JSON Schema of the file, for editors |

For an editor, write the schema to \`rollcall.schema.json\` and put
\`# yaml-language-server: $schema=./rollcall.schema.json\` on the first line of the file.

## Environment

- Names that end in \`_MS\` are milliseconds.
- \`CALLS_PER_5S\`, \`CALLS_PER_DAY\`, \`LOG_REQUESTS_PER_10S\`, \`BRAKE_ABSOLUTE\` and \`BRAKE_FLOOR\` also take
  \`unlimited\`.
- A secret may be in a file: \`AZURE_CLIENT_SECRET_FILE\` names a file with \`AZURE_CLIENT_SECRET\`. \`rollcall check\` warns
  when group or others may read such a file, or that of \`AZURE_CLIENT_CERTIFICATE_PATH\`.
- \`rollcall local\` prints the variables for its doubles, and with \`--fast\` short durations too.
${environmentRows().join('\n')}

## File

\`ROLLCALL_CONFIG\` names the file. Otherwise \`rollcall.yaml\` in the working directory is read, if it exists. An
unknown key is an error.

In every text, \`\${NAME}\` is replaced by an environment variable, or by the content of the file that \`NAME_FILE\`
names. \`\${NAME:-otherwise}\` has a default. \`$\${\` is a literal \`\${\`.

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

The guides explain [sources and shapes](../guides/sources.md) and the [mapping](../guides/mapping.md).

| key | meaning |
| --- | --- |
${fileRows(jsonSchema(), '').join('\n')}
`
}

/** A table for each section. */
function environmentRows(): readonly string[] {
  const defaults = new Map<string, unknown>(Object.entries(ENVIRONMENT.parse({})))
  return Object.entries(ENVIRONMENT.shape).flatMap(([name, schema]) => {
    const { description = '', secret = false } = schema.meta() ?? {}
    const value = defaults.get(name) ?? null
    const shown =
      value === null || (Array.isArray(value) && value.length === 0)
        ? '–'
        : `\`${value === Number.POSITIVE_INFINITY ? 'unlimited' : JSON.stringify(value).replaceAll('"', '')}\``
    const section = SECTIONS[name]
    return [
      ...(section === undefined
        ? []
        : ['', `### ${section}`, '', '| variable | default | meaning |', '| --- | --- | --- |']),
      `| \`${name}\` | ${shown} | ${text(description)}${secret ? ' (secret)' : ''} |`,
    ]
  })
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
