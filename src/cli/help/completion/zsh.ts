import type { Node } from './words.ts'

/** The same walk as in bash, with what each word does beside it. */
export function zshScript(nodes: readonly Node[]): string {
  return `#compdef rollcall
# zsh completion of rollcall; load it with: source <(rollcall completion zsh)
_rollcall() {
  local node= before=\${words[CURRENT-1]} i
  local -a found
  for ((i = 2; i < CURRENT; i++)); do
    case "$node \${words[i]}" in
${nodes
  .filter(({ path }) => path !== '')
  .map(({ path }) => `    ${quoted(path.includes(' ') ? path : ` ${path}`)}) node=${quoted(path)} ;;`)
  .join('\n')}
    esac
  done
  case "$node|$before" in
${valueLines(nodes)}
  esac
  case "$node" in
${nodes.map(wordLine).join('\n')}
  esac
  _describe rollcall found
}
compdef _rollcall rollcall
`
}

function valueLines(nodes: readonly Node[]): string {
  return nodes
    .flatMap(({ path, options }) =>
      options
        .filter(({ takesValue }) => takesValue)
        .map(({ word, values, takesFile }) => {
          const values_ = values.map(quoted).join(' ')
          const act = values.length > 0 ? `compadd -- ${values_}; ` : takesFile ? '_files; ' : ''
          return `  ${quoted(`${path}|${word}`)}) ${act}return ;;`
        }),
    )
    .join('\n')
}

function wordLine({ path, commands, options, values, takesFile }: Node): string {
  const described = [...commands, ...values.map((word) => ({ word, about: '' })), ...options].map(
    ({ word, about }) => quoted(`${word}:${about.replaceAll(':', '\\:')}`),
  )
  return `  ${quoted(path)}) found=(${described.join(' ')})${takesFile ? '; _files' : ''} ;;`
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
