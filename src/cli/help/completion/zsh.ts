import { type Node, type OptionWord, quoted, valueLines, walkLines } from './words.ts'

/** The same walk as in bash, with what each word does beside it. */
export function zshScript(nodes: readonly Node[]): string {
  return `#compdef rollcall
# zsh completion of rollcall; load it with: source <(rollcall completion zsh)
_rollcall() {
  local node= before=\${words[CURRENT-1]} i
  local -a found
  for ((i = 2; i < CURRENT; i++)); do
    case "$node \${words[i]}" in
${walkLines(nodes)}
    esac
  done
  case "$node|$before" in
${valueLines(nodes, valuesOf)}
  esac
  case "$node" in
${nodes.map(wordLine).join('\n')}
  esac
  _describe rollcall found
}
compdef _rollcall rollcall
`
}

function valuesOf({ values, takesFile }: OptionWord): string {
  const complete =
    values.length > 0 ? `compadd -- ${values.map(quoted).join(' ')}; ` : takesFile ? '_files; ' : ''
  return `${complete}return`
}

function wordLine({ path, commands, options, values, takesFile }: Node): string {
  const described = [...commands, ...values.map((word) => ({ word, about: '' })), ...options].map(
    ({ word, about }) => quoted(`${word}:${about.replaceAll(':', '\\:')}`),
  )
  return `  ${quoted(path)}) found=(${described.join(' ')})${takesFile ? '; _files' : ''} ;;`
}
