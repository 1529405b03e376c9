/**
 * Variables as lines that a POSIX shell reads (`. ./file` or `eval "$(cat file)"`). Values are in
 * single quotes, so that a shell takes them as they are.
 */
export function envLines(environment: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(environment).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`,
  )
}
