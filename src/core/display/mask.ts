/** Shown instead of a secret. */
export const MASK = '********'

/**
 * Parts of a name of a header, query parameter or connection-string key that mark its value as a
 * secret.
 */
const SECRET_NAME =
  /authorization|cookie|secret|token|password|passwd|pwd|passphrase|signature|credential|assertion|api-?_?key|access-?_?key|account-?_?key|shared-?_?access-?_?key$|subscription-?_?key|functions-?_?key|^(?:sig|sas|code|key|auth|x-key)$/i
// Every run below has a limit, so that a long text takes no more than its length.
/** A name, `=` and a value, as queries, fragments and connection strings have them. */
const PAIR = /(?<![\w.%~-])([\w.%~-]{1,200})(\s{0,9}=\s{0,9})([^\s&;#"'`<>]+)/g
/** `//user:password@`, also where the password holds what a URL would have to encode. */
const USER_INFO = /(\/\/)(?:[^\s/:@]{0,200}:(?!\d{1,5}[/?#])\S{0,500}|[^\s/?#]{0,500})@/g
const SCHEME = /\b(Bearer|Basic|SharedKey|Negotiate)\s{1,9}(?!\$\{)[\w+/=.~:%-]{4,}/g

/** Whether a value with this name is a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !/name$/i.test(name)
}

/**
 * Masks the secrets of a text: user and password in URLs, bearer tokens, and values of queries and
 * connection strings whose name marks them as secret. Placeholders such as `${NAME}`, and those of
 * Rollcall's own advice (`//user@host`, `=…`), stay.
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

/** Masks the defaults of placeholders whose name marks them as secret. */
export function maskedDefaults(text: string): string {
  return text.replaceAll(DEFAULT, (whole, name: string) =>
    isSecretName(name) ? `\${${name}:-${MASK}}` : whole,
  )
}
const DEFAULT = /\$\{([A-Z_][A-Z0-9_]*):-[^}]{0,5000}\}/g

/** The value of a header: only variables, and a scheme before them, stay visible. */
export function maskedHeader(name: string, value: string): string {
  if (HARMLESS.has(name.toLowerCase())) return masked(value)
  return /^(?:[A-Za-z-]+ )?(?:\$\{[A-Z_][A-Z0-9_]*\}[:.]?)+$/.test(value) ? value : MASK
}

/** A value that is a secret whatever its name is: only a variable stays visible. */
export function maskedValue(value: string): string {
  return isPlaceholder(value) ? value : MASK
}
const HARMLESS = new Set(['accept', 'accept-charset', 'accept-language', 'content-type', 'user-agent'])

/** Whether the text consists of variables without defaults. */
function isPlaceholder(text: string): boolean {
  return text.includes('${') && /^(?:\/\/)?(?:\$\{[A-Z_][A-Z0-9_]*\}[:@]?)+$/.test(text)
}
