import { type Node, type OptionWord, quoted, valueLines, walkLines } from './words.ts'

/**
 * The words before the cursor lead to a node, as far as they are sub-commands; what completes the
 * current word is looked up under that node, and under the option before it when that takes a
 * value.
 */
export function bashScript(nodes: readonly Node[]): string {
  return `# bash completion of rollcall; load it with: source <(rollcall completion bash)
_rollcall() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} node= i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$node \${COMP_WORDS[i]}" in
${walkLines(nodes)}
    esac
  done
  local words= files=
  case "$node|$before" in
${valueLines(nodes, valuesOf)}
  *) case "$node" in
${wordLines(nodes)}
    esac ;;
  esac
  [[ -n $words ]] && COMPREPLY=($(compgen -W "$words" -- "$word"))
  if [[ -n $files && $word != -* ]]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY+=($(compgen -f -- "$word"))
  fi
}
complete -F _rollcall rollcall
`
}

/** The choices of an option, or files, or nothing. */
function valuesOf({ values, takesFile }: OptionWord): string {
  return values.length > 0 ? `words=${quoted(values.join(' '))}` : takesFile ? 'files=1' : ':'
}

function wordLines(nodes: readonly Node[]): string {
  return nodes
    .map(({ path, commands, options, values, takesFile }) => {
      const words = [...commands.map(({ word }) => word), ...values, ...options.map(({ word }) => word)]
      return `  ${quoted(path)}) words=${quoted(words.join(' '))}${takesFile ? ' files=1' : ''} ;;`
    })
    .join('\n')
}
