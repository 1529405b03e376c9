import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Ajv, type AnySchema } from 'ajv'
import formats from 'ajv-formats'

const read = (path: string): AnySchema =>
  JSON.parse(readFileSync(new URL(`../../contracts/${path}`, import.meta.url), 'utf8')) as AnySchema

const NAMES = ['event', 'outcome', 'account', 'notification', 'dead-letter-copy'] as const

/** The published contracts, and what a consumer makes of them. */
export function publishedContracts() {
  const ajv = new Ajv({ strict: false, allErrors: true })
  formats.default(ajv)
  for (const name of NAMES) ajv.addSchema(read(`${name}.schema.json`))
  const asyncApi = read('asyncapi.json') as { readonly [part: string]: unknown }
  ajv.addSchema(asyncApi, 'asyncapi')
  const troubles = (id: unknown, value: unknown): readonly string[] => {
    const validate =
      (typeof id === 'string' ? ajv.getSchema(id) : undefined) ??
      assert.fail(`there is no schema ${JSON.stringify(id)}`)
    if (validate(value)) return []
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
  }
  return {
    ajv,
    asyncApi,
    /** What is wrong with a message; nothing when it conforms, in the file and in the AsyncAPI document. */
    troubles: (name: (typeof NAMES)[number], value: unknown): readonly string[] => [
      ...troubles(`urn:rollcall:${name}:1`, value),
      ...troubles(`asyncapi#/components/schemas/${name}`, value),
    ],
    /** As `troubles`, by the id of a schema, such as the `dataschema` of an event. */
    troublesBy: troubles,
    /** As `troubles`, of the application properties of a message. */
    troublesOfProperties: (name: (typeof NAMES)[number], value: unknown): readonly string[] =>
      troubles(`asyncapi#/components/messages/${name}/headers`, value),
  }
}
