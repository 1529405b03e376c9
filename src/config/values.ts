import { z } from 'zod'
import { parseHttpAddress } from './http-address.ts'

/** The kinds of values that settings take. */

export const text = z.string().min(1)
export const scalar = z.union([z.string(), z.number(), z.boolean()])
export const jsonata = text.meta({ description: 'A JSONata expression' })
/** Also as text, because an expanded variable is one. */
export const fileFlag = z.union([z.boolean(), z.stringbool()])
/** `z.enum` requires a type with at least one name. */
export const oneOf = <T extends string>(names: readonly T[]): z.ZodEnum<{ [K in T]: K }> => z.enum(names)
export const optional = z.string().min(1).nullable().default(null)
/** A zone this runtime knows, such as Europe/Berlin. */
export const zone = text.refine(isZone, { error: 'must be an IANA zone such as Europe/Berlin' })
export const httpAddress = text.refine((given) => parseHttpAddress(given) !== null, {
  error: 'must be a port, or address:port such as 127.0.0.1:9464 or 0.0.0.0:9464',
})
/** Often written without a scheme. */
export const proxy = text
  .transform((given) => (/^\w+:\/\//.test(given) ? given : `http://${given}`))
  .refine((given) => /^https?:/.test(given) && URL.canParse(given), {
    error: 'must be the URL of an HTTP proxy, such as http://proxy.contoso.com:3128',
  })
export const flag = z.stringbool().default(false)
export const names = z
  .string()
  .default('')
  .transform((list) =>
    list
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  )
/** As `names`, of these only. */
export const namesOf = <T extends string>(known: readonly T[]) => names.pipe(z.array(z.enum(known)))
export const whole = z.coerce.number().int()
export const duration = (fallback: number): z.ZodType<number> => whole.min(0).default(fallback)
/** `unlimited` is for doubles; a real tenant always has a limit. */
export const callLimit = z.union([
  z.literal('unlimited').transform(() => Number.POSITIVE_INFINITY),
  whole.min(1),
])
export const limit = (fallback: number): z.ZodType<number> => callLimit.default(fallback)

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

export const guid = z
  .guid({ error: 'must be an id such as 8a3c2f0e-1b2d-4c5e-9f60-718293a4b5c6' })
  .transform((id) => id.toLowerCase())
/**
 * An https address without a path. Plain http is only for this machine, where no other can listen.
 */
export const httpsOrigin = text
  .transform((given) => given.replace(/\/$/, ''))
  .refine(isHttpsOrigin, { error: 'must be https://host, without a path' })

function isHttpsOrigin(given: string): boolean {
  const url = URL.parse(given)
  if (url === null || url.origin !== given) return false
  return url.protocol === 'https:' || /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(given)
}
