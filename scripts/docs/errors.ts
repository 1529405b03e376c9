import { ERRORS, EXIT_CODES } from '../../src/core/errors.ts'
import { table } from './tables.ts'

/** The page of error codes, made from the table of errors. */
export function renderErrors(): string {
  const rows = Object.entries(ERRORS).map(([code, { meaning, exit }]) => [
    `\`${code}\``,
    meaning,
    `${EXIT_CODES[exit]}`,
  ])
  return `# Error codes

A command that fails prints one line to stderr: what failed, where, what to do, and the code in brackets. Logs
have the same code as \`error.code\`. An error of the operating system has its own code instead, such as
\`ENOENT\`. \`npm run docs\` makes this page from \`src/core/errors.ts\`.

The codes of events and dead letters are under [Reasons](reasons.md), those of commands under
[Exit codes](commands.md#exit-codes).

${table(['code', 'meaning', 'exit code'], rows)}
`
}
