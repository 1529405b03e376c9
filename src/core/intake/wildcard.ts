/**
 * A pattern in which `*` matches anything, also the empty text. It is not a regular expression:
 * with several `*`, one would take time that grows with a power of the text's length, and the
 * sender chooses the text.
 */
export function wildcard(pattern: string): (text: string) => boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return (text) => text === first
  return (text) => {
    let at = first.length
    const end = text.length - last.length
    if (at > end || !text.startsWith(first) || !text.endsWith(last)) return false
    // Matching each part at its earliest place leaves the most room for the others.
    for (const part of rest) {
      const found = text.indexOf(part, at)
      if (found === -1 || found + part.length > end) return false
      at = found + part.length
    }
    return true
  }
}
