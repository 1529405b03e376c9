import { readFileSync, writeFileSync } from 'node:fs'
import { ENVIRONMENT } from '../../src/config.ts'

export const PAGE = new URL('../../docs/configuration.md', import.meta.url)

/** The page as the schema wants it. `node test/docs/configuration.ts` writes it. */
export function renderConfiguration(): string {
  const defaults: Record<string, unknown> = ENVIRONMENT.parse({})
  const rows = Object.entries(ENVIRONMENT.shape).map(([name, schema]) => {
    const { description = '', secret = false } = schema.meta() ?? {}
    const value = defaults[name]
    const shown =
      value === null ? '–' : `\`${value === Number.POSITIVE_INFINITY ? 'unlimited' : JSON.stringify(value).replaceAll('"', '')}\``
    return `| \`${name}\` | ${shown} | ${description}${secret ? ' (secret)' : ''} |`
  })
  return `# Configuration

Everything comes from the environment. A variable that does not say what it should ends the process with exit code 2, the variable's name and what it takes; never its value.
Names that end in \`_MS\` are milliseconds. \`CALLS_PER_5S\`, \`CALLS_PER_DAY\` and \`LOG_REQUESTS_PER_10S\` also take \`unlimited\`, which is for doubles.

| variable | default | what it says |
| --- | --- | --- |
${rows.join('\n')}

\`rollcall local\` prints the variables for its doubles; with \`--fast\` also the short durations that go with them.
`
}

if (process.argv[1] === import.meta.filename) writeFileSync(PAGE, renderConfiguration())
export const writtenConfiguration = (): string => readFileSync(PAGE, 'utf8')
