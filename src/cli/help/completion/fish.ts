import type { Node, OptionWord, Word } from './words.ts'

/** One `complete` line for each word, with the command that it belongs to as its condition. */
export function fishScript(nodes: readonly Node[]): string {
  return `# fish completion of rollcall; load it with: rollcall completion fish | source
function __rollcall_at
  set -l node
  for word in (commandline -opc)[2..]
    set -l longer (string trim -- "$node $word")
    contains -- "$longer" ${nodes
      .filter(({ path }) => path !== '')
      .map(({ path }) => quoted(path))
      .join(' ')}; and set node $longer
  end
  test "$node" = "$argv[1]"
end
complete -c rollcall -f
${nodes.flatMap(linesOf).join('\n')}
`
}

function linesOf({ path, commands, options, values, takesFile }: Node): readonly string[] {
  const at = `complete -c rollcall -n ${quoted(`__rollcall_at ${path === '' ? '""' : `"${path}"`}`)}`
  const word = (one: Word): string => `${at} -a ${quoted(one.word)} -d ${quoted(one.about)}`
  const option = (one: OptionWord): string => {
    const value = !one.takesValue
      ? ''
      : one.values.length > 0
        ? ` -x -a ${quoted(one.values.join(' '))}`
        : one.takesFile
          ? ' -r -F'
          : ' -x'
    return `${at} -l ${one.word.slice(2)} -d ${quoted(one.about)}${value}`
  }
  return [
    ...commands.map(word),
    ...values.map((value) => word({ word: value, about: '' })),
    ...(takesFile ? [`${at} -F`] : []),
    ...options.map(option),
  ]
}

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", `\\'`)}'`
