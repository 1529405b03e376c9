/** How the command is typed here: by the script of a checkout, or as it is installed. */
export function typedAs(environment: Readonly<Record<string, string | undefined>>): string {
  const script = environment['npm_lifecycle_event']
  return script === 'start' || script === 'rollcall' ? 'npm run --silent rollcall --' : 'rollcall'
}
