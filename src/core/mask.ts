/** What stands for a secret. */
export const MASK = '********'

/** Parts of a name that say that its value is a secret: of a header, a query parameter, a key of a connection string. */
const SECRET_NAME =
  /authorization|cookie|secret|token|password|passwd|pwd|passphrase|signature|credential|assertion|api-?_?key|access-?_?key|account-?_?key|shared-?_?access-?_?key$|subscription-?_?key|functions-?_?key|^(?:sig|sas|code|key|auth|x-key)$/i
// Every run below has a limit, so that a long text takes no more than its length.
/** A name, `=` and a value, as queries, fragments and connection strings have them. */
const PAIR = /(?<![\w.%~-])([\w.%~-]{1,200})(\s{0,9}=\s{0,9})([^\s&;#"'`<>]+)/g
/** `//user:password@`, also where the password holds what a URL would have to encode. */
const USER_INFO = /(\/\/)(?:[^\s/:@]{0,200}:(?!\d{1,5}[/?#])\S{0,500}|[^\s/?#]{0,500})@/g
const SCHEME = /\b(Bearer|Basic|SharedKey|Negotiate)\s{1,9}(?!\$\{)[\w+/=.~:%-]{4,}/g

/** Whether a value under this name is to be kept back. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !/name$/i.test(name)
}

/**
 * The text without what it may hold of secrets: user and password in URLs, values of queries and connection
 * strings whose name says that they are secret, bearer tokens. Placeholders such as `${NAME}`, and
 * those of our own advice (`//user@host`, `=…`), stay.
 */
export function masked(text: string): string {
  return text
    .replaceAll(USER_INFO, (whole, slashes: string) =>
      isPlaceholder(whole) || whole === '//user@' ? whole : `${slashes}${MASK}@`,
    )
    .replaceAll(PAIR, (whole, name: string, equals: string, value: string) =>
      isSecretName(name) && !isPlaceholder(value) && !value.startsWith('…')
        ? `${name}${equals}${MASK}`
        : whole,
    )
    .replaceAll(SCHEME, (_whole, scheme: string) => `${scheme} ${MASK}`)
}

/** A text with placeholders: the defaults of those that are named as secrets are secrets. */
export function maskedDefaults(text: string): string {
  return text.replaceAll(DEFAULT, (whole, name: string) =>
    isSecretName(name) ? `\${${name}:-${MASK}}` : whole,
  )
}
const DEFAULT = /\$\{([A-Z_][A-Z0-9_]*):-[^}]{0,5000}\}/g

/** The value of a header: only variables, and a scheme before them, are shown. */
export function maskedHeader(name: string, value: string): string {
  if (HARMLESS.has(name.toLowerCase())) return masked(value)
  return /^(?:[A-Za-z-]+ )?(?:\$\{[A-Z_][A-Z0-9_]*\}[:.]?)+$/.test(value) ? value : MASK
}
const HARMLESS = new Set(['accept', 'accept-charset', 'accept-language', 'content-type', 'user-agent'])

/** Nothing but variables, without a default that stands for them. */
function isPlaceholder(text: string): boolean {
  return text.includes('${') && /^(?:\/\/)?(?:\$\{[A-Z_][A-Z0-9_]*\}[:@]?)+$/.test(text)
}
